import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EvaluationMicroBatches,
  type EvaluationLimits,
  firstEvaluationMicroBatches,
  smallerEvaluationMicroBatches,
} from './evaluation-micro-batches.ts';

const limits: fc.Arbitrary<EvaluationLimits & { readonly activationBytes: number }> = fc
  .record({
    cores: fc.constantFrom(1, 2, 16, 64, 200),
    fewer: fc.integer({ min: 0, max: 200 }),
    activationBytes: fc.integer({ min: 2 ** 20, max: 2 ** 38 }),
  })
  .map(({ cores, fewer, activationBytes }) => ({
    cores,
    lanes: Math.max(1, cores - fewer),
    activationBytes,
  }));
const sizes = fc.record({
  frames: fc.integer({ min: 1, max: 64 }),
  cropSize: fc.integer({ min: 8, max: 320 }),
});

describe('the micro-batches of an evaluation', () => {
  test('keep within lanes, cores and memory, on any machine', () => {
    fc.assert(
      fc.property(limits, sizes, (limit, size) => {
        const { clips, lanes, threadsPerLane } = firstEvaluationMicroBatches(limit, size);
        expect(lanes).toBeLessThanOrEqual(limit.lanes);
        expect(lanes * threadsPerLane).toBeLessThanOrEqual(limit.cores);
        expect(clips).toBeLessThanOrEqual(64);
        const bytes = lanes * clips * size.frames * size.cropSize ** 2 * 256;
        if (lanes > 1 || clips > 1) {
          expect(bytes).toBeLessThanOrEqual(limit.activationBytes);
        }
      }),
    );
  });

  test('get smaller step by step down to one clip in one lane, and then no more', () => {
    fc.assert(
      fc.property(limits, sizes, (limit, size) => {
        const clipsAtOnce = ({ clips, lanes }: EvaluationMicroBatches): number => clips * lanes;
        let last = firstEvaluationMicroBatches(limit, size);
        for (
          let next = smallerEvaluationMicroBatches(last, limit);
          next !== null;
          next = smallerEvaluationMicroBatches(last, limit)
        ) {
          expect(clipsAtOnce(next)).toBeLessThan(clipsAtOnce(last));
          last = next;
        }
        expect(clipsAtOnce(last)).toBe(1);
      }),
    );
  });

  test('take small clips many at a time, and full ones one by one in as many lanes as memory has room for', () => {
    const machine = { lanes: 64, cores: 64, activationBytes: 32 * 2 ** 30 };
    expect(firstEvaluationMicroBatches(machine, { frames: 4, cropSize: 32 })).toMatchObject({
      clips: 64,
      lanes: 64,
    });
    const full = firstEvaluationMicroBatches(machine, { frames: 64, cropSize: 256 });
    expect(full.clips).toBe(1);
    expect(full.lanes).toBe(32);
    expect(full.threadsPerLane).toBe(2);
  });
});
