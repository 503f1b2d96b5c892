/** The scaling model: its sums by hand, and what must hold for any plan. The sharing in short against the rule itself. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makePhase, makePlan } from '../../test/support/run/jobs.ts';
import type { Phase } from '../plan/types.ts';
import { phaseSharing } from './phase-sharing.ts';
import { type Machines, type PlanScaling, scalingOf } from './scaling.ts';
import { shareOf, type WorkerSet } from './share.ts';

const NETWORK = { parameters: 1_000_000, batchNorms: 10, channels: 500 };
const UNKNOWN: Machines = { linkBytesPerSecond: null, clipsPerSecond: null };
const FULL = { frames: 8, cropSize: 64 };
/** Ten steps of 16 full clips in 2 groups. */
const PHASE = makePhase(0);

function scaling(workers: number, machines: Machines, phases: readonly Phase[] = [PHASE]): PlanScaling {
  const set = { workers, acrossWorkers: 'Synchronize' } as const;
  return scalingOf({ plan: makePlan(1, { phases }), full: FULL, set, network: NETWORK, machines });
}

const anyPhase = fc
  .record({
    groups: fc.integer({ min: 1, max: 12 }),
    groupClips: fc.integer({ min: 1, max: 8 }),
    factors: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 2 }),
    iterationsPerEpoch: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ groups, groupClips, factors, iterationsPerEpoch }) => {
    const globalBatch = groups * groupClips;
    const shapes = [...factors, 1].map((factor) => ({
      cropSize: 64 / factor,
      globalBatch: globalBatch * factor,
      minScale: 66,
    }));
    return makePhase(0, { globalBatch, groups, shortCycle: shapes, iterationsPerEpoch });
  });
const anySet = (phase: Phase): fc.Arbitrary<WorkerSet> =>
  fc.record({
    workers: fc.integer({ min: 1, max: phase.globalBatch }),
    acrossWorkers: fc.constantFrom('Synchronize' as const, 'Never' as const),
  });
const phaseAndSet = anyPhase.chain((phase) => fc.record({ phase: fc.constant(phase), set: anySet(phase) }));

describe('the sharing of a phase in short', () => {
  test('says of every rank what the rule gives it', () => {
    fc.assert(
      fc.property(phaseAndSet, ({ phase, set }) => {
        const short = phaseSharing(phase, set);
        const batch = { clips: phase.globalBatch, groups: short.groups };
        const shares = Array.from({ length: set.workers }, (_, rank) => shareOf(batch, rank, set));
        const told = short.shares.flatMap(({ first, last, clips }) =>
          Array.from({ length: last - first + 1 }, () => clips),
        );
        expect(told).toEqual(shares.map(({ clips }) => clips.count));
        const holders = shares.flatMap(({ parts }) => parts.map((part) => part.holders.length));
        expect(short.workersPerGroup).toBe(Math.max(...holders));
        const sharedBy = shares.map(({ parts }) => parts.filter((part) => part.holders.length > 1).length);
        expect(short.sharedGroups).toBeGreaterThanOrEqual(Math.max(...sharedBy));
        expect(short.idle).toBeGreaterThanOrEqual(0);
        expect(short.idle).toBeLessThan(1);
      }),
    );
  });

  test('has nobody idle where the clips of every step come out even', () => {
    expect(phaseSharing(PHASE, { workers: 2, acrossWorkers: 'Synchronize' }).idle).toBe(0);
    // 6, 5 and 5 clips: 16 of 18 places are used.
    expect(phaseSharing(PHASE, { workers: 3, acrossWorkers: 'Synchronize' }).idle).toBeCloseTo(1 / 9, 12);
  });
});

describe('the scaling model', () => {
  test('sums by hand: gradients around a ring, and statistics where groups span workers', () => {
    const machines = { linkBytesPerSecond: 1e8, clipsPerSecond: 4 };
    const [two] = scaling(2, machines).phases;
    expect(two?.allReduced).toEqual({ gradientBytes: 4e6, statisticsBytes: 0, statisticsExchanges: 0 });
    // 8 of 16 clips at 4 a second; half of 4 MB twice over 100 MB/s.
    expect(two?.seconds).toEqual({ compute: 2, link: 0.04 });
    expect(two?.efficiency).toBeCloseTo(4 / (2 * 2.04), 12);
    const [four] = scaling(4, machines).phases;
    expect(four).toMatchObject({
      workersPerGroup: 2,
      allReduced: { gradientBytes: 4e6, statisticsBytes: 500 * 4 * 4, statisticsExchanges: 20 },
    });
    expect(four?.seconds.link).toBeCloseTo(0.06 + 8000 / 1e8 + 20 * 100e-6, 12);
  });

  test('leaves out what nobody told it', () => {
    expect(scaling(2, UNKNOWN)).toMatchObject({
      idle: 0,
      efficiency: null,
      phases: [{ seconds: { compute: null, link: null }, efficiency: null }],
    });
    const linked = scaling(2, { ...UNKNOWN, linkBytesPerSecond: 1e8 });
    expect(linked.phases[0]).toMatchObject({ seconds: { compute: null, link: 0.04 }, efficiency: null });
  });

  test('finds one worker perfect, and nobody better, for any phases', () => {
    const machines = { linkBytesPerSecond: 1e9, clipsPerSecond: 10 };
    fc.assert(
      fc.property(fc.array(anyPhase, { minLength: 1, maxLength: 3 }), fc.nat(), (phases, draw) => {
        const most = Math.min(...phases.map(({ globalBatch }) => globalBatch));
        expect(scaling(1, machines, phases).efficiency).toBeCloseTo(1, 9);
        const some = scaling(1 + (draw % most), machines, phases);
        expect(some.efficiency).toBeGreaterThan(0);
        expect(some.efficiency).toBeLessThanOrEqual(1 - some.idle + 1e-9);
      }),
    );
  });

  test('has nothing to predict for a plan without steps', () => {
    expect(scaling(2, { linkBytesPerSecond: 1e9, clipsPerSecond: 10 }, [])).toEqual({
      workers: 2,
      idle: 0,
      efficiency: null,
      phases: [],
    });
  });
});
