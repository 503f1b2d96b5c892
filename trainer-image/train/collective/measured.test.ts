import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outcomeOf } from '../steps/outcome-of-all.ts';
import { type Measured, measuredIn, tailLength, tailOf } from './measured.ts';

const whole = fc.integer({ min: 0, max: 2 ** 40 });
const measured: fc.Arbitrary<Measured> = fc.record({
  lossPart: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  correct: whole,
  isFinite: fc.boolean(),
  isStopAsked: fc.boolean(),
  badClips: whole,
  dataWaitMs: whole,
  computeMs: whole,
});

/** As an all-reduce of any order adds up: each number in float32. */
function addedUp(tails: readonly Float32Array[]): Float32Array {
  return tails.reduce((sum, tail) => sum.map((value, index) => Math.fround(value + tail[index]!)));
}

test('what workers measured comes through a sum of float32 in any order: counts exactly, losses to 48 bits', () => {
  fc.assert(
    fc.property(fc.array(measured, { minLength: 2, maxLength: 9 }), fc.nat(), (all, turn) => {
      const workers = all.length;
      const tails = all.map((own, rank) => tailOf(own, { rank, workers }));
      const from = turn % workers;
      const read = measuredIn(addedUp([...tails.slice(from), ...tails.slice(0, from)]));
      expect(tails[0]).toHaveLength(tailLength(workers));
      const counts = (of: readonly Measured[]): readonly Measured[] =>
        of.map((one) => ({ ...one, lossPart: 0 }));
      expect(counts(read)).toEqual(counts(all));
      read.forEach(({ lossPart }, rank) => {
        expect(Math.abs(lossPart / all[rank]!.lossPart - 1)).toBeLessThan(2 ** -47);
      });
    }),
  );
});

test.each([NaN, Infinity, 1e300])(
  'a loss of %d is not finite for anybody, and spoils no other number',
  (lossPart) => {
    const good = { correct: 3, isFinite: true, isStopAsked: false, badClips: 1, dataWaitMs: 2, computeMs: 3 };
    const all = [
      { ...good, lossPart: 0.5 },
      { ...good, lossPart, isFinite: false },
    ];
    const outcome = outcomeOf(measuredIn(addedUp(all.map((own, rank) => tailOf(own, { rank, workers: 2 })))));
    expect(Number.isFinite(outcome.loss)).toBe(false);
    expect(outcome).toMatchObject({ correct: 6, isFinite: false, isStopAsked: false, badClips: 2 });
  },
);

test('one worker has nobody to tell', () => {
  expect(tailLength(1)).toBe(0);
});
