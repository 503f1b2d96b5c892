import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cropOffset, type FrameSize, scaledSize } from '../spatial-sampling.ts';
import { CropResizer, type CropSettings } from './crop-resize.ts';

const CENTRE = { kind: 'uniform', index: 1 } as const;

function noise(size: FrameSize, seed: number): Uint8Array {
  return Uint8Array.from(
    { length: size.width * size.height * 3 },
    (_, index) => ((index + seed) * 2654435761) >>> 24,
  );
}

function resized(source: Uint8Array, size: FrameSize, settings: CropSettings): Uint8Array {
  const target = new Uint8Array(settings.cropSize ** 2 * 3);
  new CropResizer(size, settings).apply(source, 0, target, 0);
  return target;
}

/** The definition, pixel by pixel in double precision: torch.nn.functional.interpolate, then the crop, then the flip. */
function reference(source: Uint8Array, size: FrameSize, settings: CropSettings): number[] {
  const { cropSize, shortSide, crop, flip } = settings;
  const scaled = scaledSize(size, shortSide);
  const offset = cropOffset(scaled, cropSize, crop);
  const at = (x: number, y: number, channel: number): number => source[(y * size.width + x) * 3 + channel]!;
  const values: number[] = [];
  for (let row = 0; row < cropSize; row += 1) {
    for (let column = 0; column < cropSize; column += 1) {
      const shown = flip ? cropSize - 1 - column : column;
      const x = Math.max(((offset.x + shown + 0.5) * size.width) / scaled.width - 0.5, 0);
      const y = Math.max(((offset.y + row + 0.5) * size.height) / scaled.height - 0.5, 0);
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      const [x1, y1] = [Math.min(x0 + 1, size.width - 1), Math.min(y0 + 1, size.height - 1)];
      for (let channel = 0; channel < 3; channel += 1) {
        const top = at(x0, y0, channel) * (1 - x + x0) + at(x1, y0, channel) * (x - x0);
        const bottom = at(x0, y1, channel) * (1 - x + x0) + at(x1, y1, channel) * (x - x0);
        values.push(top * (1 - y + y0) + bottom * (y - y0));
      }
    }
  }
  return values;
}

describe('CropResizer', () => {
  test('is bilinear interpolation, for any sizes, crops and mirrorings', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const settings = fc.record({
      width: side,
      height: side,
      shortSide: side,
      xDraw: draw,
      yDraw: draw,
      flip: fc.boolean(),
      seed: fc.nat(99),
    });
    fc.assert(
      fc.property(settings, ({ width, height, shortSide, xDraw, yDraw, flip, seed }) => {
        const size = { width, height };
        const cropSize = Math.max(1, Math.floor(shortSide * 0.8));
        const clip: CropSettings = { cropSize, shortSide, crop: { kind: 'random', xDraw, yDraw }, flip };
        const source = noise(size, seed);
        const wanted = reference(source, size, clip);
        const got = resized(source, size, clip);
        const worst = wanted.reduce((most, value, index) => Math.max(most, Math.abs(got[index]! - value)), 0);
        // Half for the rounding to bytes, the rest for the 11-bit weights.
        expect(worst).toBeLessThan(0.5 + 0.13);
      }),
      { numRuns: 60 },
    );
  });

  test('copies the pixels when nothing is scaled', () => {
    const size = { width: 12, height: 10 };
    const source = noise(size, 3);
    const got = resized(source, size, { cropSize: 10, shortSide: 10, crop: CENTRE, flip: false });
    for (let row = 0; row < 10; row += 1) {
      const start = (row * 12 + 1) * 3;
      expect([...got.subarray(row * 30, row * 30 + 30)]).toEqual([...source.subarray(start, start + 30)]);
    }
  });

  test('mirrors the crop, not the place it is taken from', () => {
    const size = { width: 40, height: 20 };
    const source = noise(size, 8);
    const clip = { cropSize: 15, shortSide: 18, crop: { kind: 'random', xDraw: 0.2, yDraw: 0.9 } as const };
    const plain = resized(source, size, { ...clip, flip: false });
    const mirrored = resized(source, size, { ...clip, flip: true });
    for (let row = 0; row < 15; row += 1) {
      for (let column = 0; column < 15; column += 1) {
        const from = (row * 15 + column) * 3;
        const to = (row * 15 + 14 - column) * 3;
        expect([...mirrored.subarray(to, to + 3)]).toEqual([...plain.subarray(from, from + 3)]);
      }
    }
  });

  test('keeps a picture of one colour as it is, whatever the scale', () => {
    const size = { width: 33, height: 21 };
    for (const [shortSide, level] of [
      [5, 255],
      [21, 1],
      [90, 254],
    ] as const) {
      const source = new Uint8Array(33 * 21 * 3).fill(level);
      const got = resized(source, size, { cropSize: 5, shortSide, crop: CENTRE, flip: false });
      expect(new Set(got)).toEqual(new Set([level]));
    }
  });
});
