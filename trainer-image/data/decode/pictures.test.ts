import { expect, test } from '@jest/globals';
import { endOfRun } from './pictures.ts';

/** Which picture fills each wanted place, -1 for none. */
function picturesFor(wanted: readonly number[], positions: readonly number[]): number[] {
  const filled = new Array<number>(wanted.length).fill(-1);
  let place = 0;
  positions.forEach((position, picture) => {
    const end = endOfRun(Int32Array.from(wanted), place, position);
    filled.fill(picture, place, end);
    place = end;
  });
  return filled;
}

test('a steady video gives frame i for i, though its time stamps are rounded', () => {
  expect(picturesFor([0, 2, 3], [0.004, 0.98, 2.01, 2.99])).toEqual([0, 2, 3]);
});

test('where a frame is missing the next one is shown, once for each place that wants it', () => {
  expect(picturesFor([1, 2, 3, 5], [0, 1, 4, 5])).toEqual([1, 2, 2, 3]);
});

test('places past the last picture stay open', () => {
  expect(picturesFor([0, 9, 9], [0, 1])).toEqual([0, -1, -1]);
});
