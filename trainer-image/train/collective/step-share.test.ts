import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SharingError } from '../../../multigrid/sharing/share.ts';
import { makePhase, makePlan } from '../../../test/support/run/jobs.ts';
import {
  ALONE,
  groupsAmong,
  requireGroupsOnGpus,
  requireShares,
  type StepShare,
  stepShare,
} from './step-share.ts';

/** A phase of `groups` groups, its short-cycle shape of groups twice as large, and any number of workers. */
const setting = fc
  .record({ groups: fc.integer({ min: 1, max: 12 }), groupClips: fc.integer({ min: 1, max: 6 }) })
  .chain(({ groups, groupClips }) =>
    fc.record({
      phase: fc.constant(
        makePhase(0, {
          ...{ groups, globalBatch: groups * groupClips, cropSize: 32 },
          shortCycle: [
            { cropSize: 16, globalBatch: 2 * groups * groupClips, minScale: 34 },
            { cropSize: 32, globalBatch: groups * groupClips, minScale: 34 },
          ],
        }),
      ),
      workers: fc.integer({ min: 1, max: groups * groupClips }),
      acrossWorkers: fc.constantFrom('Synchronize' as const, 'Never' as const),
    }),
  )
  .filter(
    ({ phase, workers, acrossWorkers }) =>
      acrossWorkers === 'Never' || workers <= groupsAmong(phase, { workers: 1, acrossWorkers }),
  );

describe('the shares of a step', () => {
  test('take every clip and every group once, in order, and weigh 1 together', () => {
    fc.assert(
      fc.property(setting, ({ phase, ...set }) => {
        for (const shape of phase.shortCycle) {
          const shares = Array.from({ length: set.workers }, (_, rank) =>
            stepShare(phase, shape, { rank, ...set }),
          );
          const [clips, groups] = [follow(shares, 'clips'), follow(shares, 'groups')];
          expect([clips, groups]).toEqual([shape.globalBatch, groupsAmong(phase, set)]);
          expect(shares.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
          for (const share of shares) {
            expect(share.shape).toEqual({
              ...{ clips: share.clips.count, groups: share.groups.count },
              ...{ frames: phase.frames, cropSize: shape.cropSize },
            });
            expect(share.allGroups).toBe(groups);
          }
        }
      }),
    );
  });

  test('give a worker the same groups at every shape of a phase', () => {
    fc.assert(
      fc.property(setting, fc.nat(), ({ phase, ...set }, draw) => {
        const worker = { rank: draw % set.workers, ...set };
        const groups = phase.shortCycle.map((shape) => stepShare(phase, shape, worker).groups);
        expect(groups[1]).toEqual(groups[0]);
      }),
    );
  });

  test('are refused before any phase is trained when a later one has more workers than clips', () => {
    const shortCycle = [{ cropSize: 64, globalBatch: 4, minScale: 66 }];
    const plan = makePlan(2, {
      phases: [makePhase(0), makePhase(1, { groups: 2, globalBatch: 4, shortCycle })],
    });
    expect(() => {
      requireShares(plan, { rank: 0, workers: 5, acrossWorkers: 'Synchronize' });
    }).toThrow(new SharingError('5 workers cannot share a batch of 4 clips; use at most 4 of them'));
  });

  test('are refused before any phase is trained on GPUs when the groups of a later one span them', () => {
    const plan = makePlan(2, { phases: [makePhase(0), makePhase(1, { groups: 1 })] });
    const ofGpus = (acrossWorkers: 'Synchronize' | 'Never', workers = 2): (() => void) => {
      return () => {
        requireGroupsOnGpus(plan, { rank: 1, workers, acrossWorkers });
      };
    };
    expect(ofGpus('Synchronize')).toThrow(/^phase 2 of the plan has 1 batch-norm groups for 2 workers/);
    expect(ofGpus('Never')).not.toThrow();
    expect(() => {
      requireGroupsOnGpus(plan, ALONE);
    }).not.toThrow();
  });
});

/** Where the last range ends, if each begins where the one before ends. */
function follow(shares: readonly StepShare[], what: 'clips' | 'groups'): number {
  return shares.reduce((next, share) => {
    const { first, count } = share[what];
    expect(first).toBe(next);
    return next + count;
  }, 0);
}
