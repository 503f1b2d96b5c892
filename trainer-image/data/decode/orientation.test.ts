import { describe, expect, test } from '@jest/globals';
import { isTurned, isUpright, orient, orientationOf, shownSize, UPRIGHT } from './orientation.ts';

const ONE = 0x10000;

function matrix(xx: number, xy: number, yx: number, yy: number): Uint8Array {
  const bytes = Buffer.alloc(36);
  [xx, xy, 0, yx, yy, 0, 0, 0, 0x4000].forEach((cell, index) => bytes.writeInt32LE(cell * ONE, 4 * index));
  return bytes;
}

/** A picture of 3 x 2 pixels whose red channel counts 1 to 6. */
const SIZE = { width: 3, height: 2 };
const PICTURE = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((red) => [red, 0, 9]));

describe('orientation', () => {
  test.each([
    [
      'upright',
      matrix(1, 0, 0, 1),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'a quarter turn clockwise',
      matrix(0, 1, -1, 0),
      [
        [4, 1],
        [5, 2],
        [6, 3],
      ],
    ],
    [
      'a half turn',
      matrix(-1, 0, 0, -1),
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
    [
      'a quarter turn counter-clockwise',
      matrix(0, -1, 1, 0),
      [
        [3, 6],
        [2, 5],
        [1, 4],
      ],
    ],
    [
      'mirrored',
      matrix(-1, 0, 0, 1),
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      'upside down',
      matrix(1, 0, 0, -1),
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
  ])('%s', (_name, displayMatrix, rows) => {
    const orientation = orientationOf(displayMatrix);
    const { width, height } = shownSize(SIZE, orientation);
    expect([height, width]).toEqual([rows.length, rows[0]!.length]);
    const shown = new Uint8Array(PICTURE.length);
    orient(PICTURE, SIZE, orientation, shown);
    expect([...shown].filter((_, index) => index % 3 === 0)).toEqual(rows.flat());
    expect([...shown].filter((_, index) => index % 3 === 2)).toEqual([9, 9, 9, 9, 9, 9]);
    expect(isTurned(orientation)).toBe(width === 2);
  });

  test('no matrix, a short one and one that is no quarter turn are left alone', () => {
    for (const odd of [null, new Uint8Array(8), matrix(0.5, 0.5, -0.5, 0.5), matrix(2, 0, 0, 2)]) {
      expect(orientationOf(odd)).toEqual(UPRIGHT);
      expect(isUpright(orientationOf(odd))).toBe(true);
    }
  });
});
