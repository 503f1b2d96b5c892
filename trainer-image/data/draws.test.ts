import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DrawName, uniformDraws } from './draws.ts';

const NAME: DrawName = { purpose: 'clip', seed: 7, epoch: 3, sample: 11, view: 0, attempt: 0 };

const names = fc.record({
  purpose: fc.constantFrom('clip' as const, 'order' as const, 'substitute' as const),
  seed: fc.maxSafeNat(),
  epoch: fc.nat(),
  sample: fc.nat(),
  view: fc.nat(0xffff),
  attempt: fc.nat(0xffff),
});

describe('uniformDraws', () => {
  test('depend on the name alone, and a longer draw starts with the shorter one', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 20 }), (name, count) => {
        const long = uniformDraws(name, 20);
        expect([...uniformDraws({ ...name }, count)]).toEqual([...long.subarray(0, count)]);
        expect(long.every((draw) => draw >= 0 && draw < 1)).toBe(true);
      }),
    );
  });

  test.each<Partial<DrawName>>([
    { purpose: 'order' },
    { seed: 8 },
    { seed: 7 + 2 ** 32 },
    { epoch: 4 },
    { sample: 12 },
    { view: 1 },
    { attempt: 1 },
  ])('differ in every number when the name differs in %p', (change) => {
    const changed = uniformDraws({ ...NAME, ...change }, 8);
    uniformDraws(NAME, 8).forEach((draw, index) => {
      expect(changed[index]).not.toBe(draw);
    });
  });

  test('are spread evenly over the samples of an epoch', () => {
    const bins = new Array<number>(16).fill(0);
    for (let sample = 0; sample < 16_000; sample += 1) {
      bins[Math.floor(uniformDraws({ ...NAME, sample }, 1)[0]! * 16)]! += 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99.9 % quantile of chi-square with 15 degrees of freedom.
    expect(chiSquare).toBeLessThan(37.7);
  });

  test.each<Partial<DrawName>>([
    { seed: -1 },
    { seed: 0.5 },
    { epoch: 2 ** 32 },
    { view: 65536 },
    { sample: Number.NaN },
  ])('refuse %p', (change) => {
    expect(() => uniformDraws({ ...NAME, ...change }, 1)).toThrow(RangeError);
  });
});
