/**
 * The stream that first weights are drawn from: its shape, its independence, and that it never changes.
 */
import { expect, test } from '@jest/globals';
import { normalNumbers } from './random.ts';

function draw(seed: number, name: string, count: number): readonly number[] {
  const next = normalNumbers(seed, name);
  return Array.from({ length: count }, next);
}

test('normal numbers have mean 0, deviation 1 and the tails of a bell', () => {
  const numbers = draw(1, 'stem.weight', 50_000);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  const beyondTwo = numbers.filter((value) => Math.abs(value) > 2).length / numbers.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  expect(beyondTwo).toBeGreaterThan(0.04);
  expect(beyondTwo).toBeLessThan(0.051);
});

test('a stream depends on its seed and its name alone', () => {
  expect(draw(1, 'a', 5)).toEqual(draw(1, 'a', 5));
  expect(draw(1, 'a', 5)).not.toEqual(draw(2, 'a', 5));
  expect(draw(1, 'a', 5)).not.toEqual(draw(1, 'b', 5));
});

test('streams are the same on every machine', () => {
  expect(draw(7, 'stem.weight', 3).map((value) => value.toFixed(6))).toMatchInlineSnapshot(`
   [
     "2.353691",
     "1.774709",
     "-0.587534",
   ]
  `);
});
