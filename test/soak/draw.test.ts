import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawSeries, randomFrom } from './draw.ts';

const FAULTS = ['a', 'b', 'c', 'd', 'e'];
const SIZE = { rounds: 8, iterations: 40 };

test('the same seed and series give the same rounds, whatever was drawn before', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(50), (seed, series) => {
      const drawn = drawSeries(seed, series, FAULTS, SIZE);
      drawSeries(seed, series + 1, FAULTS, SIZE);
      expect(drawSeries(seed, series, FAULTS, SIZE)).toEqual(drawn);
      expect(drawn.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const { iteration, delayMs, fault } of drawn) {
        expect(iteration).toBeGreaterThanOrEqual(1);
        expect(iteration).toBeLessThanOrEqual(SIZE.iterations);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(FAULTS).toContain(fault);
      }
      expect(drawn.map(({ iteration }) => iteration).toSorted((a, b) => a - b)).toEqual(
        drawn.map(({ iteration }) => iteration),
      );
    }),
  );
});

test('over all series every fault comes once before any comes again', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const names = Array.from({ length: 5 }, (_, series) => drawSeries(seed, series, FAULTS, SIZE))
        .flat()
        .map(({ fault }) => fault);
      for (let start = 0; start < names.length; start += FAULTS.length) {
        expect(names.slice(start, start + FAULTS.length).toSorted()).toEqual(FAULTS);
      }
    }),
  );
});

test('two seeds, and two series of one seed, are not the same', () => {
  const lists = [0, 1, 2, 3].map((index) => drawSeries(index >> 1, index & 1, FAULTS, SIZE));
  expect(new Set(lists.map((list) => JSON.stringify(list))).size).toBe(4);
});

test('random numbers lie in [0, 1) and spread over it', () => {
  const random = randomFrom(1);
  const buckets = new Set<number>();
  for (let index = 0; index < 1000; index += 1) {
    const value = random();
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThan(1);
    buckets.add(Math.floor(value * 20));
  }
  expect(buckets.size).toBe(20);
});
