/**
 * Does the dataset give its classes away by accident? A position classifier with all the data it wants gets the digit's
 * true centre in one frame and guesses the direction. At a random time it must stay near chance; its other scores are
 * written down in docs/dataset-moving-digits.md and held here, so that a change of the recipe cannot hide.
 */
import { describe, expect, test } from '@jest/globals';
import { DIRECTIONS } from './classes.ts';
import { RandomStream } from './random-stream.ts';
import { FRAMES, REFERENCE_SIZE } from './recipe.ts';
import { digitCentre, drawScene, type Scene } from './scene.ts';

const COUNTS = { 0: 1001, 1: 1127, 4: 980, 7: 1070 };
const VIDEOS = 16_000;

/** Every class comes once in sixteen scenes; every other sixteen teach, the rest is asked. */
const scenes = Array.from({ length: VIDEOS }, (_, index) =>
  drawScene({ seed: 11, split: 'train', index }, COUNTS),
);
const isTaught = (index: number): boolean => Math.floor(index / 16) % 2 === 0;

/** Most frequent answer for each clue among the taught scenes; share of right answers among the others. */
function accuracy(
  clueOf: (scene: Scene, index: number) => string,
  answerOf: (scene: Scene) => string,
): number {
  const counts = new Map<string, Map<string, number>>();
  scenes.forEach((scene, index) => {
    if (isTaught(index)) {
      const clue = clueOf(scene, index);
      const answers = counts.get(clue) ?? new Map<string, number>();
      counts.set(clue, answers.set(answerOf(scene), (answers.get(answerOf(scene)) ?? 0) + 1));
    }
  });
  const asked = scenes.map((scene, index) => ({ scene, index })).filter(({ index }) => !isTaught(index));
  const right = asked.filter(({ scene, index }) => {
    const answers = [...(counts.get(clueOf(scene, index)) ?? [])].sort((a, b) => b[1] - a[1]);
    return answers[0]?.[0] === answerOf(scene);
  });
  return right.length / asked.length;
}

const direction = (scene: Scene): string => scene.class.direction;

/** The cell of a 12 x 12 grid that the digit's centre lies in. */
function cell(scene: Scene, frame: number): string {
  return digitCentre(scene, frame)
    .map((place) => Math.floor((place / REFERENCE_SIZE) * 12))
    .join();
}

describe('the direction', () => {
  test('is hardly told by where the digit is at a random time', () => {
    const time = (index: number): number =>
      new RandomStream({ seed: 99, split: 'test', index }, 'scene').below(FRAMES);
    const score = accuracy((scene, index) => cell(scene, time(index)), direction);
    expect(score).toBeGreaterThan(0.22);
    expect(score).toBeLessThan(0.32);
  });

  test('is told by where the digit is at a time that is known: frames of a baseline must be drawn at random', () => {
    expect(accuracy((scene) => cell(scene, (FRAMES - 1) / 2), direction)).toBeCloseTo(0.41, 1);
    expect(accuracy((scene) => cell(scene, 0), direction)).toBeCloseTo(0.91, 1);
  });

  test('is told by the axis alone up to one half, which is what shuffled frames leave', () => {
    const axis = (scene: Scene): string =>
      String(direction(scene) === 'left' || direction(scene) === 'right');
    expect(accuracy(axis, direction)).toBeCloseTo(0.5, 1);
  });

  test('is told by two ordered frames, so the task can be solved', () => {
    const score = accuracy((scene) => {
      const [x, y] = digitCentre(scene, 5);
      const [laterX, laterY] = digitCentre(scene, 30);
      return `${Math.sign(Math.round(laterX - x))},${Math.sign(Math.round(laterY - y))}`;
    }, direction);
    expect(score).toBe(1);
  });

  test.each<[string, (scene: Scene) => string]>([
    ['the photo', (scene) => scene.photo],
    ['the handwriting', (scene) => `${scene.class.digit} ${Math.floor(scene.instance / 50)}`],
    [
      'size and colour',
      (scene) => [scene.digitLength, ...scene.color].map((part) => Math.round(part / 16)).join(),
    ],
    ['the light', (scene) => scene.light.toFixed(1)],
    ['the cut of the photo', ({ crop }) => [crop.left, crop.top, crop.side].map((part) => part >> 5).join()],
  ])('is not told by %s', (_clue, clueOf) => {
    expect(accuracy(clueOf, direction)).toBeLessThan(1 / DIRECTIONS.length + 0.03);
  });
});

describe('the digit', () => {
  test.each<[string, (scene: Scene) => string]>([
    ['the path', (scene) => `${direction(scene)} ${cell(scene, 0)}`],
    ['the speed', (scene) => scene.speed.toFixed(1)],
    ['photo and colour', (scene) => [scene.photo, ...scene.color.map((part) => part >> 6)].join()],
  ])('is not told by %s', (_clue, clueOf) => {
    expect(accuracy(clueOf, (scene) => String(scene.class.digit))).toBeLessThan(0.25 + 0.03);
  });
});
