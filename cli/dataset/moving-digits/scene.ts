/**
 * What is in one video, drawn from (seed, split, index) alone: class, handwriting, photo, path, colours. Nothing here
 * touches a pixel or a file; render.ts turns a scene into frames, and the leak tests read scenes directly.
 */
import { CLASSES, STEP, type DigitClass } from './classes.ts';
import { PHOTOS } from './photos.ts';
import { RandomStream, type VideoKey } from './random-stream.ts';
import * as recipe from './recipe.ts';

/** Lengths are pixels of the 80 x 80 reference picture, its middle at (40, 40). */
export interface Scene {
  readonly class: DigitClass;
  /** Which handwriting of the digit, an index into the source. */
  readonly instance: number;
  /** Length of the longer side of the handwriting. */
  readonly digitLength: number;
  /** Red, green, blue, 0 to 255. */
  readonly color: readonly [number, number, number];
  /** Pixels per frame. */
  readonly speed: number;
  /** Centre of the digit at mid-clip. */
  readonly midway: readonly [x: number, y: number];
  /** Name of the photo. */
  readonly photo: string;
  /** Square cut from the panorama, panorama pixels; `left` may wrap around. */
  readonly crop: { readonly left: number; readonly top: number; readonly side: number };
  /** Share of its light that the photo keeps. */
  readonly light: number;
}

/** How many handwritings of each digit the source has, by digit. */
export type HandwritingCounts = Readonly<Record<DigitClass['digit'], number>>;

/** @param counts - Size of the source, needed to know which handwritings belong to the split. */
export function drawScene(key: VideoKey, counts: HandwritingCounts): Scene {
  const random = new RandomStream(key, 'scene');
  const digitClass = CLASSES[key.index % CLASSES.length]!;
  const [first, end] = instanceRange(key.split, counts[digitClass.digit]);
  const photos = PHOTOS.filter(({ split }) => split === key.split);
  const side = random.within(recipe.PHOTO_CROP);
  const [top, bottom] = recipe.PHOTO_ROWS;
  return {
    class: digitClass,
    instance: first + random.below(end - first),
    digitLength: random.within(recipe.DIGIT_LENGTH),
    color: drawColor(random),
    speed: random.within(recipe.SPEED),
    midway: drawMidway(random, digitClass),
    photo: photos[random.below(photos.length)]!.name,
    crop: { left: random.next() * 512, top: random.within([top, bottom - side]), side },
    light: random.within(recipe.BACKGROUND_LIGHT),
  };
}

/** The handwritings `[first, end)` that a split draws from, of `count`. */
export function instanceRange(split: recipe.Split, count: number): readonly [first: number, end: number] {
  const [low, high] = recipe.HANDWRITING_SHARE[split];
  return [Math.round(low * count), Math.round(high * count)];
}

/** Centre of the digit in a frame, pixels of the reference picture. */
export function digitCentre(scene: Scene, frame: number): readonly [x: number, y: number] {
  const way = scene.speed * (frame - (recipe.FRAMES - 1) / 2);
  const [stepX, stepY] = STEP[scene.class.direction];
  return [scene.midway[0] + way * stepX, scene.midway[1] + way * stepY];
}

function drawMidway(random: RandomStream, { direction }: DigitClass): readonly [number, number] {
  const along = recipe.REFERENCE_SIZE / 2 + random.within(recipe.MIDWAY);
  const across = recipe.REFERENCE_SIZE / 2 + random.within(recipe.OFFSET);
  return direction === 'left' || direction === 'right' ? [along, across] : [across, along];
}

function drawColor(random: RandomStream): readonly [number, number, number] {
  const hue = random.next() * 6;
  const saturation = random.within(recipe.DIGIT_SATURATION);
  const value = random.within(recipe.DIGIT_VALUE);
  const channel = (shift: number): number => {
    const place = (shift + hue) % 6;
    return 255 * value * (1 - saturation * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}
