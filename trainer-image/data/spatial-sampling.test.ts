import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { casesOf as casesIn, type FunctionCase, numberOf } from '../../test/support/vectors.ts';
import { roundHalfEven } from '../../multigrid/plan/rounding.ts';
import { cropOffset, jitteredShortSide, scaledSize } from './spatial-sampling.ts';

const casesOf = (fn: string): readonly FunctionCase[] => casesIn('spatial_sampling', fn);
const CROP_INDICES = [0, 1, 2] as const;

describe('the reference vectors of spatial sampling', () => {
  test('sizes of jittered frames', () => {
    for (const entry of casesOf('scale_jitter')) {
      const spread = entry['inverse_uniform'] === true ? 'inverse' : 'uniform';
      const side = jitteredShortSide(
        numberOf(entry, 'min'),
        numberOf(entry, 'max'),
        numberOf(entry, 'u'),
        spread,
      );
      expect(scaledSize({ height: numberOf(entry, 'in_h'), width: numberOf(entry, 'in_w') }, side)).toEqual({
        height: entry['out_h'],
        width: entry['out_w'],
      });
    }
  });

  test('offsets of uniform crops', () => {
    for (const entry of casesOf('uniform_crop_offset')) {
      const frame = { height: numberOf(entry, 'height'), width: numberOf(entry, 'width') };
      const index = CROP_INDICES[numberOf(entry, 'spatial_idx')]!;
      const offset = cropOffset(frame, numberOf(entry, 'size'), { kind: 'uniform', index });
      expect(offset).toEqual({ x: entry['x'], y: entry['y'] });
    }
  });

  test('the smallest scale of a crop, which the plan carries, is the jitter scaled with the crop', () => {
    for (const entry of casesOf('train_min_scale')) {
      const [min = 0] = entry['jitter'] as readonly number[];
      expect(roundHalfEven((min * numberOf(entry, 'crop')) / numberOf(entry, 'default_S'))).toBe(
        entry['min_scale'],
      );
    }
  });
});

describe('crops', () => {
  const side = fc.integer({ min: 8, max: 700 });
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('lie inside the scaled frame, wherever they are drawn', () => {
    fc.assert(
      fc.property(side, side, side, draw, draw, (height, width, shortSide, xDraw, yDraw) => {
        const frame = scaledSize({ height, width }, shortSide);
        expect(Math.min(frame.height, frame.width)).toBe(shortSide);
        const cropSize = Math.ceil(shortSide / 2);
        for (const position of [
          { kind: 'random', xDraw, yDraw } as const,
          ...CROP_INDICES.map((index) => ({ kind: 'uniform', index }) as const),
        ]) {
          const { x, y } = cropOffset(frame, cropSize, position);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x + cropSize).toBeLessThanOrEqual(frame.width);
          expect(y + cropSize).toBeLessThanOrEqual(frame.height);
        }
      }),
    );
  });
});
