import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GroupSizeError, layOutLanes } from './lanes.ts';

describe('the lane layout', () => {
  test('covers every clip once with whole groups, for any batch, group count, cores and limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 64 }),
        (groups, clipsPerGroup, cores, fewer, microBatch) => {
          const layout = layOutLanes(
            { clips: groups * clipsPerGroup, groups },
            { cores, lanes: Math.max(1, cores - fewer), microBatch },
          );
          expect(layout.runs * layout.clipsPerRun).toBe(groups * clipsPerGroup);
          expect(layout.runs * layout.groupsPerRun).toBe(groups);
          expect(layout.clipsPerRun).toBe(layout.groupsPerRun * clipsPerGroup);
          expect(layout.lanes).toBeLessThanOrEqual(Math.max(1, cores - fewer));
          expect(layout.lanes * layout.threadsPerRun).toBeLessThanOrEqual(cores);
          if (microBatch >= clipsPerGroup) {
            expect(layout.clipsPerRun).toBeLessThanOrEqual(microBatch);
          }
        },
      ),
    );
  });

  test('runs two groups of four side by side on two cores', () => {
    expect(layOutLanes({ clips: 64, groups: 8 }, { cores: 2, microBatch: 0 })).toEqual({
      clipsPerRun: 32,
      groupsPerRun: 4,
      runs: 2,
      lanes: 2,
      threadsPerRun: 1,
    });
  });

  test('gives the threads to the one run when there is one group', () => {
    expect(layOutLanes({ clips: 8, groups: 1 }, { cores: 2, microBatch: 0 })).toEqual({
      clipsPerRun: 8,
      groupsPerRun: 1,
      runs: 1,
      lanes: 1,
      threadsPerRun: 2,
    });
  });

  test('a batch that groups do not divide is refused with the nearest batches', () => {
    expect(() => layOutLanes({ clips: 28, groups: 3 }, { cores: 2, microBatch: 0 })).toThrow(GroupSizeError);
    expect(() => layOutLanes({ clips: 28, groups: 3 }, { cores: 2, microBatch: 0 })).toThrow('27 and 30');
  });
});
