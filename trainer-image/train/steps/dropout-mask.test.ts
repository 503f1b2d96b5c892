import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillDropoutMask } from './dropout-mask.ts';

describe('the dropout mask', () => {
  test('keeps about the asked share of features, scaled so that the mean stays one', () => {
    const mask = new Float32Array(400 * 64);
    fillDropoutMask(mask, { seed: 1, iteration: 5, firstClip: 0, clips: 64, features: 400, rate: 0.2 });
    const kept = mask.filter((value) => value > 0);
    expect(kept.length / mask.length).toBeCloseTo(0.8, 2);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.8)]));
  });

  test('of a micro-batch is the same piece of the whole batch, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1, max: 7 }),
        (iteration, firstClip) => {
          const settings = { seed: 3, iteration, features: 5, rate: 0.5 };
          const whole = new Float32Array(5 * 8);
          fillDropoutMask(whole, { ...settings, firstClip: 0, clips: 8 });
          const tail = new Float32Array(5 * (8 - firstClip));
          fillDropoutMask(tail, { ...settings, firstClip, clips: 8 - firstClip });
          for (let feature = 0; feature < 5; feature += 1) {
            expect(tail.slice(feature * (8 - firstClip), (feature + 1) * (8 - firstClip))).toEqual(
              whole.slice(feature * 8 + firstClip, (feature + 1) * 8),
            );
          }
        },
      ),
    );
  });

  test('differs between iterations, seeds and clips', () => {
    const draw = (seed: number, iteration: number, firstClip: number): string => {
      const mask = new Float32Array(64);
      fillDropoutMask(mask, { seed, iteration, firstClip, clips: 1, features: 64, rate: 0.5 });
      return mask.join();
    };
    expect(new Set([draw(0, 0, 0), draw(1, 0, 0), draw(0, 1, 0), draw(0, 0, 1)]).size).toBe(4);
  });
});
