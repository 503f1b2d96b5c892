import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochOrder } from './epoch-order.ts';

describe('epochOrder', () => {
  test('holds every sample once, in the same order every time', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(1000), fc.nat(200), (seed, epoch, count) => {
        const order = epochOrder(seed, epoch, count);
        expect([...order].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
        expect(epochOrder(seed, epoch, count)).toEqual(order);
      }),
    );
  });

  test('changes with the epoch and with the seed', () => {
    const order = epochOrder(1, 0, 50);
    expect(epochOrder(1, 1, 50)).not.toEqual(order);
    expect(epochOrder(2, 0, 50)).not.toEqual(order);
  });

  test('puts every sample at every place equally often', () => {
    const places = new Array<number>(10).fill(0);
    for (let epoch = 0; epoch < 5000; epoch += 1) {
      places[epochOrder(0, epoch, 10).indexOf(3)]! += 1;
    }
    const chiSquare = places.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    // 99.9 % quantile of chi-square with 9 degrees of freedom.
    expect(chiSquare).toBeLessThan(27.9);
  });
});
