import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EvaluationCut,
  type EvaluationLimits,
  firstEvaluationCut,
  smallerEvaluationCut,
} from './evaluation-cut.ts';

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

describe('the cut of an evaluation', () => {
  test('keeps within lanes, cores and memory, on any machine', () => {
    fc.assert(
      fc.property(limits, sizes, (limit, size) => {
        const { clipsPerRun, lanes, threadsPerRun } = firstEvaluationCut(limit, size);
        expect(lanes).toBeLessThanOrEqual(limit.lanes);
        expect(lanes * threadsPerRun).toBeLessThanOrEqual(limit.cores);
        expect(clipsPerRun).toBeLessThanOrEqual(64);
        const bytes = lanes * clipsPerRun * size.frames * size.cropSize ** 2 * 256;
        if (lanes > 1 || clipsPerRun > 1) {
          expect(bytes).toBeLessThanOrEqual(limit.activationBytes);
        }
      }),
    );
  });

  test('gets smaller step by step down to one clip in one lane, and then no more', () => {
    fc.assert(
      fc.property(limits, sizes, (limit, size) => {
        const clipsAtOnce = ({ clipsPerRun, lanes }: EvaluationCut): number => clipsPerRun * lanes;
        let last = firstEvaluationCut(limit, size);
        for (
          let next = smallerEvaluationCut(last, limit);
          next !== null;
          next = smallerEvaluationCut(last, limit)
        ) {
          expect(clipsAtOnce(next)).toBeLessThan(clipsAtOnce(last));
          last = next;
        }
        expect(clipsAtOnce(last)).toBe(1);
      }),
    );
  });

  test('takes small clips many at a time, and full ones one by one in as many lanes as memory has room for', () => {
    const machine = { lanes: 64, cores: 64, activationBytes: 32 * 2 ** 30 };
    expect(firstEvaluationCut(machine, { frames: 4, cropSize: 32 })).toMatchObject({
      clipsPerRun: 64,
      lanes: 64,
    });
    const full = firstEvaluationCut(machine, { frames: 64, cropSize: 256 });
    expect(full.clipsPerRun).toBe(1);
    expect(full.lanes).toBe(32);
    expect(full.threadsPerRun).toBe(2);
  });
});
