import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Checkpoint } from './checkpoint.ts';
import { isAllFinite, requireFinite } from './finite.ts';

describe('whether all numbers are finite', () => {
  test('is what asking each of them says', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        expect(isAllFinite(values)).toBe(values.every((value) => Number.isFinite(value)));
      }),
    );
  });

  test.each([NaN, Infinity, -Infinity])('is seen of %d at any place', (value) => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1 }), fc.nat(), (values, place) => {
        expect(isAllFinite(values.with(place % values.length, value))).toBe(false);
      }),
    );
  });
});

describe('a checkpoint to be written', () => {
  const parts = ['parameters', 'momentum', 'mean', 'variance'] as const;

  function checkpoint(broken: (typeof parts)[number] | null): Checkpoint {
    const values = (part: (typeof parts)[number]): Float32Array =>
      Float32Array.of(1, part === broken ? Infinity : 2);
    const arrays = (part: 'parameters' | 'momentum') =>
      new Map([['stem.weight', { name: 'stem.weight', dims: [2], data: values(part) }]]);
    return {
      place: {
        ...{ planHash: 'abc', iteration: 12, epoch: 3, iterationInEpoch: 4, shortCycleIndex: 1, seed: 7 },
        ...{ isBorderPending: false, worldSize: 1, lossScale: null, skippedSteps: 0, seconds: 1 },
      },
      parameters: arrays('parameters'),
      slots: new Map([['momentum', arrays('momentum')]]),
      statistics: new Map([['stem.bn', { groups: 1, mean: values('mean'), variance: values('variance') }]]),
    };
  }

  test('passes when all of it is finite', () => {
    expect(() => {
      requireFinite(checkpoint(null));
    }).not.toThrow();
  });

  test.each(parts)('is refused for its %s, by name and iteration', (part) => {
    expect(() => {
      requireFinite(checkpoint(part));
    }).toThrow(/(?=.*stem\.)(?=.*12 iterations)/);
  });
});
