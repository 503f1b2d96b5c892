import { describe, expect, test } from '@jest/globals';
import { RandomStream, type VideoKey } from './random-stream.ts';

const KEY: VideoKey = { seed: 7, split: 'train', index: 3 };
const take = (stream: RandomStream): number[] => Array.from({ length: 9 }, () => stream.nextWord());

describe('RandomStream', () => {
  test('repeats itself for the same name and differs for every other', () => {
    expect(take(new RandomStream(KEY, 'scene'))).toEqual(take(new RandomStream(KEY, 'scene')));
    const others = [
      new RandomStream(KEY, 'noise'),
      new RandomStream({ ...KEY, seed: 8 }, 'scene'),
      new RandomStream({ ...KEY, seed: 7 + 2 ** 40 }, 'scene'),
      new RandomStream({ ...KEY, split: 'val' }, 'scene'),
      new RandomStream({ ...KEY, index: 4 }, 'scene'),
    ];
    const words = [new RandomStream(KEY, 'scene'), ...others].flatMap(take);
    expect(new Set(words).size).toBe(words.length);
  });

  test('is uniform over the unit interval and over counts', () => {
    const stream = new RandomStream(KEY, 'scene');
    const draws = Array.from({ length: 4000 }, () => stream.next());
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
    const sides = new Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i += 1) {
      const side = stream.below(6);
      sides[side] = (sides[side] ?? 0) + 1;
    }
    expect(Math.min(...sides)).toBeGreaterThan(850);
    expect(Math.max(...sides)).toBeLessThan(1150);
  });

  test('draws within a range', () => {
    const stream = new RandomStream(KEY, 'scene');
    const draws = Array.from({ length: 500 }, () => stream.within([-18, 18]));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(-18);
    expect(Math.min(...draws)).toBeLessThan(-16);
    expect(Math.max(...draws)).toBeLessThanOrEqual(18);
    expect(Math.max(...draws)).toBeGreaterThan(16);
  });
});
