import { beforeAll, describe, expect, test } from '@jest/globals';
import { CLASSES } from './classes.ts';
import { Handwriting } from './handwriting.ts';
import { readPanorama } from './panorama.ts';
import { RandomStream, type VideoKey } from './random-stream.ts';
import { FRAMES, NOISE_SIGMA, REFERENCE_SIZE } from './recipe.ts';
import { renderFrames, type SceneSources } from './render.ts';
import { digitCentre, drawScene } from './scene.ts';

let handwriting: Handwriting;
beforeAll(async () => {
  handwriting = await Handwriting.load();
});

/** Frames of a video over a flat grey photo, so that what differs from the background is the digit. */
function framesOverGrey(key: VideoKey, size: number): Uint8Array[] {
  const scene = drawScene(key, handwriting.counts);
  const sources: SceneSources = {
    ink: handwriting.ink(scene.class.digit, scene.instance),
    panorama: new Uint8Array(512 * 256 * 3).fill(120),
  };
  return [...copies(renderFrames(scene, sources, size, new RandomStream(key, 'noise')))];
}

function* copies(frames: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const frame of frames) {
    yield frame.slice();
  }
}

/** Centre of mass of what is far brighter than the background, pixels of the reference picture. */
function brightCentre(frame: Uint8Array, size: number): readonly [x: number, y: number] {
  const sums = { x: 0, y: 0, mass: 0 };
  for (let pixel = 0; pixel < size * size; pixel += 1) {
    const brightest = Math.max(...frame.subarray(pixel * 3, pixel * 3 + 3));
    const mass = Math.max(0, brightest - 78 - 6 * NOISE_SIGMA);
    sums.x += mass * ((pixel % size) + 0.5);
    sums.y += mass * (Math.floor(pixel / size) + 0.5);
    sums.mass += mass;
  }
  const unit = REFERENCE_SIZE / size / sums.mass;
  return [sums.x * unit, sums.y * unit];
}

describe('renderFrames', () => {
  test.each([REFERENCE_SIZE, 48])('shows the digit where its scene says, at %i pixels', (size) => {
    for (const { label } of CLASSES) {
      const key: VideoKey = { seed: 4, split: 'val', index: label };
      const scene = drawScene(key, handwriting.counts);
      const frames = framesOverGrey(key, size);
      expect(frames).toHaveLength(FRAMES);
      for (const frame of [14, 25]) {
        const [x, y] = digitCentre(scene, frame);
        const [seenX, seenY] = brightCentre(frames[frame]!, size);
        expect(Math.hypot(seenX - x, seenY - y)).toBeLessThan(3);
      }
    }
  });

  test('adds fresh normal noise of the right strength to every frame', () => {
    const frames = framesOverGrey({ seed: 1, split: 'train', index: 0 }, REFERENCE_SIZE);
    // The corner pixels are beyond the digit's reach.
    const corners = [0, REFERENCE_SIZE - 1, REFERENCE_SIZE * (REFERENCE_SIZE - 1), REFERENCE_SIZE ** 2 - 1];
    const values = frames.flatMap((frame) =>
      corners.flatMap((pixel) => [...frame.subarray(pixel * 3, pixel * 3 + 3)]),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(deviation).toBeGreaterThan(NOISE_SIGMA * 0.85);
    expect(deviation).toBeLessThan(NOISE_SIGMA * 1.15);
    expect(
      values.filter((value) => Math.abs(value - mean) > 2 * deviation).length / values.length,
    ).toBeLessThan(0.09);
  });

  test('keeps between two fifths and two thirds of the light of the photo', () => {
    const key: VideoKey = { seed: 1, split: 'train', index: 3 };
    const [first] = framesOverGrey(key, REFERENCE_SIZE);
    const row = first!.subarray(0, 3 * REFERENCE_SIZE);
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    expect(mean).toBeGreaterThan(120 * 0.4 - 2);
    expect(mean).toBeLessThan(120 * 0.65 + 2);
  });

  test('shows the part of the panorama that the scene cuts, across its seam too', async () => {
    const panorama = await readPanorama('venice');
    const key: VideoKey = { seed: 0, split: 'test', index: 1 };
    const scene = { ...drawScene(key, handwriting.counts), light: 1, crop: { left: 480, top: 60, side: 80 } };
    const ink = new Float32Array(28 * 28);
    const [frame] = renderFrames(scene, { ink, panorama }, REFERENCE_SIZE, new RandomStream(key, 'noise'));
    const difference = [...Array(REFERENCE_SIZE).keys()].map((x) => {
      const shown = frame![(20 * REFERENCE_SIZE + x) * 3 + 1]!;
      return Math.abs(shown - panorama[((60 + 20) * 512 + ((480 + x) % 512)) * 3 + 1]!);
    });
    expect(difference.filter((step) => step > 25)).toHaveLength(0);
  });
});
