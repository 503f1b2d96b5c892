import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  firstMicroBatches,
  GroupSizeError,
  knownMicroBatches,
  type MicroBatches,
  type MicroBatchLimits,
  smallerMicroBatches,
} from './micro-batches.ts';

interface Batch {
  readonly clips: number;
  readonly groups: number;
}

const sizes = fc
  .record({ groups: fc.integer({ min: 1, max: 48 }), clipsPerGroup: fc.integer({ min: 1, max: 16 }) })
  .map(({ groups, clipsPerGroup }) => ({ clips: groups * clipsPerGroup, groups }));
const limits = fc
  .record({
    cores: fc.integer({ min: 1, max: 16 }),
    fewer: fc.integer({ min: 0, max: 15 }),
    microBatch: fc.integer({ min: 0, max: 64 }),
  })
  .map(({ cores, fewer, microBatch }) => ({ cores, lanes: Math.max(1, cores - fewer), microBatch }));

/** From the first to the smallest. */
function all(batch: Batch, limit: MicroBatchLimits): readonly MicroBatches[] {
  const found: MicroBatches[] = [];
  for (
    let next: MicroBatches | null = firstMicroBatches(batch, limit);
    next !== null && found.length < 100;
    next = smallerMicroBatches(next, limit)
  ) {
    found.push(next);
  }
  return found;
}

function expectWhole(batch: Batch, { cores, lanes }: MicroBatchLimits, found: MicroBatches): void {
  expect(found.count * found.clips).toBe(batch.clips);
  expect(found.count * found.groups).toBe(batch.groups);
  expect(found.clips).toBe((found.groups * batch.clips) / batch.groups);
  expect(found.lanes).toBeLessThanOrEqual(Math.min(lanes ?? cores, found.count));
  expect(found.lanes * found.threadsPerLane).toBeLessThanOrEqual(cores);
}

const summary = ({ count, clips, lanes, threadsPerLane, recomputes }: MicroBatches): string =>
  `${count} of ${clips} on ${lanes} x ${threadsPerLane}${recomputes ? ', recomputed' : ''}`;

describe('the micro-batches of a step', () => {
  test('are one where groups span workers, and can only be computed twice', () => {
    const shape = { clips: 6, groups: 3, spanningClips: 4 };
    const limit = { cores: 2, microBatch: 1, recompute: 'Auto' } as const;
    const first = firstMicroBatches(shape, limit);
    expect(summary(first)).toBe('1 of 6 on 1 x 2');
    const second = smallerMicroBatches(first, limit, shape)!;
    expect(summary(second)).toBe('1 of 6 on 1 x 2, recomputed');
    expect(smallerMicroBatches(second, limit, shape)).toBeNull();
    expect(smallerMicroBatches(first, { ...limit, recompute: 'Never' }, shape)).toBeNull();
  });

  test('take every clip once, in whole groups, for any batch, cores and limit', () => {
    fc.assert(
      fc.property(sizes, limits, (batch, limit) => {
        const first = firstMicroBatches(batch, limit);
        expectWhole(batch, limit, first);
        if (limit.microBatch >= batch.clips / batch.groups) {
          expect(first.clips).toBeLessThanOrEqual(limit.microBatch);
        }
      }),
    );
  });

  test('are two of four groups side by side on two cores', () => {
    expect(summary(firstMicroBatches({ clips: 64, groups: 8 }, { cores: 2, microBatch: 0 }))).toBe(
      '2 of 32 on 2 x 1',
    );
  });

  test('are one with the threads of all cores when there is one group', () => {
    expect(summary(firstMicroBatches({ clips: 8, groups: 1 }, { cores: 2, microBatch: 0 }))).toBe(
      '1 of 8 on 1 x 2',
    );
  });

  test('refuse a batch that groups do not divide, with the nearest batches', () => {
    const first = (): MicroBatches =>
      firstMicroBatches({ clips: 28, groups: 3 }, { cores: 2, microBatch: 0 });
    expect(first).toThrow(GroupSizeError);
    expect(first).toThrow('27 and 30');
  });
});

describe('smaller micro-batches', () => {
  test('halve down to one group, then halve the lanes, then compute blocks twice', () => {
    const found = all({ clips: 64, groups: 8 }, { cores: 2, microBatch: 0, recompute: 'Auto' });
    expect(found.map(summary)).toEqual([
      '2 of 32 on 2 x 1',
      '4 of 16 on 2 x 1',
      '8 of 8 on 2 x 1',
      '8 of 8 on 1 x 2',
      '8 of 8 on 2 x 1, recomputed',
      '8 of 8 on 1 x 2, recomputed',
    ]);
  });

  test('never compute blocks twice where that is not allowed, and always where it is wanted', () => {
    const batch = { clips: 8, groups: 1 };
    const never = all(batch, { cores: 1, microBatch: 0, recompute: 'Never' });
    expect(never.map(({ recomputes }) => recomputes)).toEqual([false]);
    const always = all(batch, { cores: 1, microBatch: 0, recompute: 'Always' });
    expect(always.map(({ recomputes }) => recomputes)).toEqual([true]);
  });

  test('take every clip once and fewer at a time each time, down to one group in one lane, for any step', () => {
    fc.assert(
      fc.property(sizes, limits, (batch, limit) => {
        const found = all(batch, { ...limit, recompute: 'Auto' });
        expect(found.at(-1)).toMatchObject({ recomputes: true, groups: 1, lanes: 1 });
        found.forEach((one) => {
          expectWhole(batch, limit, one);
        });
        const atATime = found.map(({ clips, lanes, recomputes }) => [recomputes ? 1 : 0, -lanes * clips]);
        expect(atATime).toEqual(atATime.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
      }),
    );
  });
});

test('micro-batches are known again by clips, lanes and recomputing, and only those of the step', () => {
  const batch = { clips: 48, groups: 12 };
  const limit: MicroBatchLimits = { cores: 3, microBatch: 0, recompute: 'Auto' };
  for (const found of all(batch, limit)) {
    const { clips: clipsPerRun, lanes, recomputes } = found;
    expect(knownMicroBatches(batch, { clipsPerRun, lanes, recomputes }, limit)).toEqual(found);
  }
  const record = { clipsPerRun: 8, lanes: 2, recomputes: false };
  expect(knownMicroBatches({ clips: 48, groups: 4 }, record, limit)).toBeNull();
  expect(knownMicroBatches({ clips: 44, groups: 11 }, record, limit)).toBeNull();
  expect(knownMicroBatches(batch, { ...record, lanes: 4 }, limit)).toBeNull();
  expect(knownMicroBatches(batch, { ...record, clipsPerRun: 0 }, limit)).toBeNull();
});
