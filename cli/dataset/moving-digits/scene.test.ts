import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CLASSES, STEP } from './classes.ts';
import { PHOTOS } from './photos.ts';
import type { VideoKey } from './random-stream.ts';
import * as recipe from './recipe.ts';
import { digitCentre, drawScene, instanceRange } from './scene.ts';

const COUNTS = { 0: 1001, 1: 1127, 4: 980, 7: 1070 };

const keys: fc.Arbitrary<VideoKey> = fc.record({
  seed: fc.maxSafeNat(),
  split: fc.constantFrom(...recipe.SPLITS),
  index: fc.nat({ max: 1_000_000 }),
});

const isWithin = (value: number, [low, high]: readonly [number, number]): boolean =>
  value >= low && value <= high;

describe('drawScene', () => {
  test('is a function of seed, split and index alone', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(drawScene({ ...key }, COUNTS)).toEqual(drawScene(key, COUNTS));
      }),
    );
  });

  test('gives other videos for another seed, split or index', () => {
    const scenes = [
      { seed: 0, split: 'train', index: 0 },
      { seed: 1, split: 'train', index: 0 },
      { seed: 2 ** 32, split: 'train', index: 0 },
      { seed: 0, split: 'val', index: 0 },
      { seed: 0, split: 'train', index: 16 },
    ] as const;
    expect(new Set(scenes.map((key) => drawScene(key, COUNTS).speed)).size).toBe(scenes.length);
  });

  test('keeps every number in the range of the recipe', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const scene = drawScene(key, COUNTS);
        expect(isWithin(scene.digitLength, recipe.DIGIT_LENGTH)).toBe(true);
        expect(isWithin(scene.speed, recipe.SPEED)).toBe(true);
        expect(isWithin(scene.light, recipe.BACKGROUND_LIGHT)).toBe(true);
        expect(scene.crop.top).toBeGreaterThanOrEqual(recipe.PHOTO_ROWS[0]);
        expect(scene.crop.top + scene.crop.side).toBeLessThanOrEqual(recipe.PHOTO_ROWS[1]);
        expect(scene.color.every((channel) => channel >= 80 && channel <= 255)).toBe(true);
        expect(Math.max(...scene.color)).toBeGreaterThanOrEqual(204);
      }),
    );
  });

  test('takes handwriting and photo from its own split only', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const scene = drawScene(key, COUNTS);
        const [first, end] = instanceRange(key.split, COUNTS[scene.class.digit]);
        expect(scene.instance).toBeGreaterThanOrEqual(first);
        expect(scene.instance).toBeLessThan(end);
        expect(PHOTOS.find(({ name }) => name === scene.photo)?.split).toBe(key.split);
      }),
    );
  });

  test('deals the classes out evenly', () => {
    const labels = Array.from(
      { length: 320 },
      (_, index) => drawScene({ seed: 5, split: 'val', index }, COUNTS).class.label,
    );
    expect(CLASSES.map(({ label }) => labels.filter((drawn) => drawn === label).length)).toEqual(
      Array(16).fill(20),
    );
  });
});

describe('the splits', () => {
  test('share no photo', () => {
    expect(new Set(PHOTOS.map(({ name }) => name)).size).toBe(PHOTOS.length);
  });

  test('share no handwriting and leave none out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 5000 }), (count) => {
        const [train, val, test] = recipe.SPLITS.map((split) => instanceRange(split, count));
        expect([train?.[0], val?.[0], test?.[0], test?.[1]]).toEqual([0, train?.[1], val?.[1], count]);
      }),
    );
  });
});

describe('digitCentre', () => {
  test('moves at constant speed in the direction of the class and passes near the middle at mid-clip', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const scene = drawScene(key, COUNTS);
        const [stepX, stepY] = STEP[scene.class.direction];
        const [x, y] = digitCentre(scene, 10);
        const [nextX, nextY] = digitCentre(scene, 11);
        expect(nextX - x).toBeCloseTo(scene.speed * stepX, 9);
        expect(nextY - y).toBeCloseTo(scene.speed * stepY, 9);

        const [midX, midY] = digitCentre(scene, (recipe.FRAMES - 1) / 2);
        const along = stepX === 0 ? midY : midX;
        const across = stepX === 0 ? midX : midY;
        expect(isWithin(along - 40, recipe.MIDWAY)).toBe(true);
        expect(isWithin(across - 40, recipe.OFFSET)).toBe(true);
      }),
    );
  });
});
