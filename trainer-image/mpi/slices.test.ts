import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunksOf, longestSlice, sliceOf } from './slices.ts';

const lengths = fc.integer({ min: 0, max: 10_000 });
const sizes = fc.integer({ min: 1, max: 130 });
const chunks = fc.integer({ min: 1, max: 3000 });

describe('a block that ranks add up', () => {
  test('is cut into chunks without a gap, none longer than asked for', () => {
    fc.assert(
      fc.property(lengths, chunks, (length, chunk) => {
        let next = 0;
        for (const part of chunksOf(length, chunk)) {
          expect(part.start).toBe(next);
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThanOrEqual(chunk);
          next += part.length;
        }
        expect(next).toBe(length);
      }),
    );
  });

  test('is shared out without a gap, as evenly as can be, also to more ranks than there are numbers', () => {
    fc.assert(
      fc.property(lengths, lengths, sizes, (start, length, size) => {
        const slices = Array.from({ length: size }, (_, rank) => sliceOf({ start, length }, rank, size));
        expect(slices.map((slice) => slice.start)).toEqual(
          slices.map((_, rank) => slices.slice(0, rank).reduce((sum, slice) => sum + slice.length, start)),
        );
        const counts = slices.map((slice) => slice.length);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(Math.max(...counts)).toBeLessThanOrEqual(longestSlice(size, length));
      }),
    );
  });
});
