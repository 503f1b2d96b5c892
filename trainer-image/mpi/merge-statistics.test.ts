/** Statistics of parts merged, against those of all values taken together. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeStatistics, type StatisticsPart } from './merge-statistics.ts';

/** Of single precision. */
const ROUNDING = 2 ** -23;

function moments(values: readonly number[]): readonly [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

const value = fc.float({ noNaN: true, min: -8, max: 8 });
/** Of one channel: parts of any sizes. */
const parts = fc.array(fc.array(value, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

function partOf(numbers: readonly [number, number], weight: number): StatisticsPart {
  return { numbers: Float32Array.from(numbers), first: 0, second: 1, stride: 2, weight };
}

describe('merged statistics', () => {
  test('are the mean and variance of all values, however large their mean is', () => {
    fc.assert(
      fc.property(parts, fc.constantFrom(0, 1000), (values, offset) => {
        const shifted = values.map((of) => of.map((one) => Math.fround(one + offset)));
        const all = shifted.flat();
        const into = new Float32Array(2);
        mergeStatistics(
          'moments',
          shifted.map((of) => partOf(moments(of), of.length / all.length)),
          1,
          { numbers: into, first: 0, second: 1, stride: 2 },
        );
        const [mean, variance] = moments(all);
        const size = 8 + offset;
        expect(Math.abs(into[0]! - mean)).toBeLessThanOrEqual(2 * ROUNDING * size);
        // A mean of single precision is off by so much, and each distance from it as well.
        expect(Math.abs(into[1]! - variance)).toBeLessThanOrEqual(ROUNDING * size * 40);
      }),
    );
  });

  test('of means are means by weight, for every channel at its place', () => {
    const numbers = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40);
    const into = new Float32Array(8).fill(-1);
    const rows = { first: 0, second: 2, stride: 1 };
    const two = [0, 4].map((start) => ({
      ...rows,
      numbers: numbers.subarray(start, start + 4),
      weight: 0.5,
    }));
    mergeStatistics('means', two, 2, { numbers: into, first: 1, second: 5, stride: 2 });
    expect([...into]).toEqual([-1, 5.5, -1, 11, -1, 16.5, -1, 22]);
  });
});
