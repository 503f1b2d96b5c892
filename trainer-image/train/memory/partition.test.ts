import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  firstPartition,
  knownPartition,
  type Partition,
  type PartitionLimits,
  smallerPartition,
} from './partition.ts';

function everyPartition(
  step: { readonly clips: number; readonly groups: number },
  limits: PartitionLimits,
): readonly Partition[] {
  const all: Partition[] = [];
  for (
    let partition: Partition | null = firstPartition(step, limits);
    partition !== null && all.length < 100;
    partition = smallerPartition(partition, limits)
  ) {
    all.push(partition);
  }
  return all;
}

const summary = ({ layout, recomputes }: Partition): string =>
  `${layout.runs} runs of ${layout.clipsPerRun} on ${layout.lanes} x ${layout.threadsPerRun}${recomputes ? ', recomputed' : ''}`;

describe('the cuts of a step', () => {
  test('halve the micro-batch down to one group, then the lanes, then compute blocks twice', () => {
    const cuts = everyPartition({ clips: 64, groups: 8 }, { cores: 2, microBatch: 0, recompute: 'Auto' });
    expect(cuts.map(summary)).toEqual([
      '2 runs of 32 on 2 x 1',
      '4 runs of 16 on 2 x 1',
      '8 runs of 8 on 2 x 1',
      '8 runs of 8 on 1 x 2',
      '8 runs of 8 on 2 x 1, recomputed',
      '8 runs of 8 on 1 x 2, recomputed',
    ]);
  });

  test('never compute blocks twice where that is not allowed, and always where it is wanted', () => {
    const step = { clips: 8, groups: 1 };
    const never = everyPartition(step, { cores: 1, microBatch: 0, recompute: 'Never' });
    expect(never.map(({ recomputes }) => recomputes)).toEqual([false]);
    const always = everyPartition(step, { cores: 1, microBatch: 0, recompute: 'Always' });
    expect(always.map(({ recomputes }) => recomputes)).toEqual([true]);
  });

  test('cover every clip once with whole groups and take fewer clips at a time each time, for any step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0, max: 64 }),
        (groups, clipsPerGroup, cores, microBatch) => {
          const step = { clips: groups * clipsPerGroup, groups };
          const cuts = everyPartition(step, { cores, microBatch, recompute: 'Auto' });
          const last = cuts.at(-1)!;
          expect(last.recomputes).toBe(true);
          expect([last.layout.groupsPerRun, last.layout.lanes]).toEqual([1, 1]);
          for (const { layout } of cuts) {
            expect(layout.runs * layout.clipsPerRun).toBe(step.clips);
            expect(layout.runs * layout.groupsPerRun).toBe(groups);
            expect(layout.lanes * layout.threadsPerRun).toBeLessThanOrEqual(cores);
            expect(layout.lanes).toBeLessThanOrEqual(layout.runs);
          }
          const atATime = cuts.map(({ layout, recomputes }) => [
            recomputes ? 1 : 0,
            -layout.lanes * layout.clipsPerRun,
          ]);
          expect(atATime).toEqual(atATime.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
        },
      ),
    );
  });

  test('are told apart by clips in a run, lanes and recomputing, and only cuts of the step are known again', () => {
    const step = { clips: 48, groups: 12 };
    const limits: PartitionLimits = { cores: 3, microBatch: 0, recompute: 'Auto' };
    for (const partition of everyPartition(step, limits)) {
      const { layout, recomputes } = partition;
      const { clipsPerRun, lanes } = layout;
      expect(knownPartition(step, { clipsPerRun, lanes, recomputes }, limits)).toEqual(partition);
    }
    const cut = { clipsPerRun: 8, lanes: 2, recomputes: false };
    expect(knownPartition({ clips: 48, groups: 4 }, cut, limits)).toBeNull();
    expect(knownPartition({ clips: 44, groups: 11 }, cut, limits)).toBeNull();
    expect(knownPartition(step, { ...cut, lanes: 4 }, limits)).toBeNull();
    expect(knownPartition(step, { ...cut, clipsPerRun: 0 }, limits)).toBeNull();
  });
});
