import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ArenaError, createArena } from './arena.ts';
import type { ParameterSlot, UpdateSettings } from './engine.ts';

const SETTINGS: UpdateSettings = {
  learningRate: 0.1,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 0.01,
  gradientScale: 0.5,
  lanes: 2,
};

const slot = (name: string, dims: readonly number[], decay = true): ParameterSlot => ({ name, dims, decay });

const slotLists = fc
  .array(
    fc.record({ dims: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 }), decay: fc.boolean() }),
    {
      maxLength: 8,
    },
  )
  .map((list) => list.map(({ dims, decay }, at) => slot(`p${at}`, dims, decay)));

describe('a parameter arena', () => {
  test('gives every tensor a place of its own on a cache line, in one shared memory', () => {
    fc.assert(
      fc.property(slotLists, fc.integer({ min: 1, max: 4 }), (slots, lanes) => {
        const arena = createArena(slots, lanes);
        const places = slots
          .flatMap(({ name }) => [
            arena.parameter(name),
            arena.momentum(name),
            ...Array.from({ length: lanes }, (_, lane) => arena.gradient(lane, name)),
          ])
          .map(({ data }) => data)
          .sort((left, right) => left.byteOffset - right.byteOffset);
        places.forEach((data, at) => {
          expect(data.byteOffset % 64).toBe(0);
          expect(data.buffer).toBe(places[0]!.buffer);
          expect(Object.prototype.toString.call(data.buffer)).toBe('[object SharedArrayBuffer]');
          const next = places[at + 1];
          expect(next === undefined || data.byteOffset + data.byteLength <= next.byteOffset).toBe(true);
        });
      }),
    );
  });

  test('updates every parameter whatever its size, with decay only where it is marked', () => {
    fc.assert(
      fc.property(slotLists, (slots) => {
        const arena = createArena(slots, 2);
        slots.forEach(({ name }, at) => {
          arena.parameter(name).data.fill(1 + at);
          arena.gradient(0, name).data.fill(2);
          arena.gradient(1, name).data.fill(4);
        });
        arena.update(SETTINGS);
        arena.update(SETTINGS);
        slots.forEach(({ name, decay }, at) => {
          let [p, v] = [1 + at, 0];
          for (let step = 0; step < 2; step++) {
            const g = 0.5 * (2 + 4) + (decay ? 0.01 : 0) * p;
            v = 0.9 * v + g;
            p -= 0.1 * (g + 0.9 * v);
          }
          const { data } = arena.parameter(name);
          expect(data.length).toBeGreaterThan(0);
          data.forEach((value) => {
            expect(value).toBeCloseTo(p, 5);
          });
          expect(arena.momentum(name).data[0]).toBeCloseTo(v, 5);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('takes the first step with the gradient alone, as PyTorch does', () => {
    const arena = createArena([slot('w', [2])], 1);
    arena.gradient(0, 'w').data.set([3, -1]);
    arena.update({
      ...SETTINGS,
      nesterov: false,
      weightDecay: 0,
      gradientScale: 1,
      lanes: 1,
      learningRate: 1,
    });
    expect([...arena.momentum('w').data]).toEqual([3, -1]);
    expect([...arena.parameter('w').data]).toEqual([-3, 1]);
  });

  test('adds one gradient set to another and leaves everything else alone', () => {
    fc.assert(
      fc.property(slotLists, fc.nat(2), fc.nat(2), (slots, from, into) => {
        const arena = createArena(slots, 3);
        slots.forEach(({ name }, at) => {
          arena.parameter(name).data.fill(7);
          [0, 1, 2].forEach((lane) => arena.gradient(lane, name).data.fill(at + 10 ** lane));
        });
        arena.addGradients(from, into);
        slots.forEach(({ name }, at) => {
          [0, 1, 2].forEach((lane) => {
            const expected = at + 10 ** lane + (lane === into ? at + 10 ** from : 0);
            expect(arena.gradient(lane, name).data.every((value) => value === expected)).toBe(true);
          });
          expect(arena.parameter(name).data.every((value) => value === 7)).toBe(true);
          expect(arena.momentum(name).data.every((value) => value === 0)).toBe(true);
        });
      }),
    );
  });

  test('lets numbers that are not finite show, so that the run can stop on them', () => {
    const arena = createArena([slot('w', [2])], 1);
    arena.gradient(0, 'w').data.set([Number.NaN, 1]);
    arena.update({ ...SETTINGS, lanes: 1 });
    expect(arena.parameter('w').data[0]).toBeNaN();
    expect(arena.parameter('w').data[1]).not.toBeNaN();
  });

  test.each([
    [
      'two parameters of one name',
      () => createArena([slot('w', [1]), slot('w', [2])], 1),
      /two parameters.*"w"/,
    ],
    ['no lane', () => createArena([slot('w', [1])], 0), /at least one lane, not 0/],
    ['a size that is no number', () => createArena([slot('w', [Number.NaN])], 1), /impossible dims/],
    ['more than 4 GiB', () => createArena([slot('w', [2 ** 28, 2])], 2), /need 8\.0 GiB/],
    ['an unknown name', () => createArena([slot('w', [1])], 1).parameter('v'), /no parameter "v"/],
    ['an unknown lane', () => createArena([slot('w', [1])], 2).gradient(2, 'w'), /no lane 2.*0 to 1/],
    [
      'to add a gradient set that is not there',
      () => {
        createArena([slot('w', [1])], 2).addGradients(0, 2);
      },
      /no lane 2.*0 to 1/,
    ],
    [
      'more gradient sets than there are',
      () => {
        createArena([slot('w', [1])], 1).update(SETTINGS);
      },
      /cannot sum 2 gradient sets/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(ArenaError);
    expect(act).toThrow(message);
  });
});
