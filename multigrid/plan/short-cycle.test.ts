/** The short cycle against the reference's sampler, and the count of iterations against one that takes every batch. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { vectorsOf } from '../../test/support/vectors.ts';
import { filledSpec } from '../../test/support/filled-specs.ts';
import { iterationsByShape, iterationsPerEpoch, shapeAt, shortCycleOf } from './short-cycle.ts';

interface SamplerCase {
  readonly dataset: number;
  readonly batch_size: number;
  readonly S: number;
  readonly default_S: number;
  readonly batch_sizes: readonly number[];
  readonly batches: readonly (readonly [number, readonly number[]])[];
}

const VECTORS = vectorsOf('short_cycle_sampler') as readonly SamplerCase[];

/** Counts as a sampler does: one batch after the other, until one is incomplete. */
function countBatches(batches: readonly number[], clips: number): number {
  let taken = 0;
  let iterations = 0;
  for (;;) {
    taken += batches[iterations % batches.length] ?? 0;
    if (taken > clips) {
      return iterations;
    }
    iterations += 1;
  }
}

describe.each(VECTORS)('the sampler of $dataset clips, $batch_size at $S of $default_S pixels', (vector) => {
  const spec = filledSpec({ recipe: { cropSize: vector.default_S } });
  const shortCycle = shortCycleOf(spec, vector.S, vector.batch_size);

  test('takes batches of the reference sizes', () => {
    expect(shortCycle.map((shape) => shape.globalBatch)).toEqual(vector.batch_sizes);
    for (const [iteration, [cycleIndex, samples]] of vector.batches.entries()) {
      const shape = shapeAt({ shortCycle }, iteration);
      expect(shape).toBe(shortCycle[cycleIndex]);
      expect(samples).toHaveLength(shape.globalBatch);
    }
  });

  test('takes as many batches as the reference takes', () => {
    expect(iterationsPerEpoch(vector.batch_sizes, vector.dataset)).toBe(vector.batches.length);
  });
});

test('counting whole cycles gives the same number as taking every batch', () => {
  const batches = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 0, max: 20000 }), (sizes, clips) => {
      expect(iterationsPerEpoch(sizes, clips)).toBe(countBatches(sizes, clips));
    }),
  );
});

test('an empty batch makes no endless epoch', () => {
  expect(iterationsPerEpoch([0, 0], 100)).toBe(0);
  expect(iterationsPerEpoch([0, 4], 10)).toBe(5);
});

test('iterations are counted by shape as they come one after the other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(200), (length, iterations) => {
      const shortCycle = Array.from({ length }, () => ({ cropSize: 64, globalBatch: 8, minScale: 66 }));
      const counts = Array.from({ length }, () => 0);
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        counts[iteration % length] = (counts[iteration % length] ?? 0) + 1;
      }
      expect(iterationsByShape({ shortCycle, iterationsPerEpoch: iterations })).toEqual(counts);
    }),
  );
});

test('a phase without shapes has no shape to give', () => {
  expect(() => shapeAt({ shortCycle: [] }, 0)).toThrow(RangeError);
});
