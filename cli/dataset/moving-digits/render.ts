/**
 * Turns a scene into frames: the photo square once, then per frame the digit at its sub-pixel place and fresh noise.
 * The frames go straight into the video writer; make-video.ts joins the two.
 */
import { GLYPH_LENGTH, GLYPH_SIZE } from './handwriting.ts';
import { PANORAMA_HEIGHT, PANORAMA_WIDTH } from './photos.ts';
import type { RandomStream } from './random-stream.ts';
import { FRAMES, NOISE_SIGMA, REFERENCE_SIZE } from './recipe.ts';
import { digitCentre, type Scene } from './scene.ts';

/** What a scene names, as pixels. */
export interface SceneSources {
  /** Ink of the handwriting, 0 to 1, `[28, 28]`. */
  readonly ink: Float32Array;
  /** The panorama, RGB, `[256, 512, 3]`. */
  readonly panorama: Uint8Array;
}

/**
 * @param size - Side of the picture, pixels, even.
 * @param noise - Gives one seed a frame.
 * @returns The frames in order, RGB, `[size, size, 3]`: one buffer, written anew for each.
 */
export function* renderFrames(
  scene: Scene,
  { ink, panorama }: SceneSources,
  size: number,
  noise: RandomStream,
): Generator<Uint8Array> {
  const background = cutBackground(scene, panorama, size);
  const canvas = new Float32Array(background.length);
  // Writing into a clamped array rounds and clips.
  const pixels = new Uint8ClampedArray(background.length);
  const bytes = new Uint8Array(pixels.buffer);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    canvas.set(background);
    paintDigit(canvas, scene, ink, size, frame);
    addNoise(pixels, canvas, noise.nextWord());
    yield bytes;
  }
}

/** The photo square scaled to the picture and darkened, values 0 to 255, `[size, size, 3]`. */
function cutBackground({ crop, light }: Scene, panorama: Uint8Array, size: number): Float32Array {
  const background = new Float32Array(size * size * 3);
  // Two by two bilinear samples a pixel: enough against aliasing at up to two panorama pixels a pixel.
  const step = crop.side / (2 * size);
  for (let y = 0; y < 2 * size; y += 1) {
    const row = crop.top + (y + 0.5) * step - 0.5;
    const upper = Math.min(Math.floor(row), PANORAMA_HEIGHT - 2);
    for (let x = 0; x < 2 * size; x += 1) {
      const column = crop.left + (x + 0.5) * step - 0.5 + PANORAMA_WIDTH;
      const left = Math.floor(column);
      const topLeft = (upper * PANORAMA_WIDTH + (left % PANORAMA_WIDTH)) * 3;
      const topRight = (upper * PANORAMA_WIDTH + ((left + 1) % PANORAMA_WIDTH)) * 3;
      const down = row - upper;
      const right = column - left;
      const at = ((y >> 1) * size + (x >> 1)) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const top = mix(panorama[topLeft + channel]!, panorama[topRight + channel]!, right);
        const bottom = mix(panorama[topLeft + ROW + channel]!, panorama[topRight + ROW + channel]!, right);
        background[at + channel]! += (light / 4) * mix(top, bottom, down);
      }
    }
  }
  return background;
}

/** Bytes from one row of a panorama to the next. */
const ROW = PANORAMA_WIDTH * 3;

function mix(first: number, second: number, share: number): number {
  return first + (second - first) * share;
}

/** Blends the digit over the canvas; parts beyond the edge are cut. */
function paintDigit(
  canvas: Float32Array,
  scene: Scene,
  ink: Float32Array,
  size: number,
  frame: number,
): void {
  const unit = size / REFERENCE_SIZE;
  const scale = (scene.digitLength * unit) / GLYPH_LENGTH;
  const [centreX, centreY] = digitCentre(scene, frame);
  const columns = sampleAxis(centreX * unit, scale, size);
  const rows = sampleAxis(centreY * unit, scale, size);
  const [red, green, blue] = scene.color;
  for (let y = rows.first; y < rows.end; y += 1) {
    const upper = rows.index[y]! * GLYPH_SIZE;
    const down = rows.weight[y]!;
    for (let x = columns.first; x < columns.end; x += 1) {
      const left = upper + columns.index[x]!;
      const right = columns.weight[x]!;
      const top = mix(ink[left]!, ink[left + 1]!, right);
      const bottom = mix(ink[left + GLYPH_SIZE]!, ink[left + GLYPH_SIZE + 1]!, right);
      const cover = mix(top, bottom, down);
      if (cover > 0) {
        const at = (y * size + x) * 3;
        canvas[at]! += (red - canvas[at]!) * cover;
        canvas[at + 1]! += (green - canvas[at + 1]!) * cover;
        canvas[at + 2]! += (blue - canvas[at + 2]!) * cover;
      }
    }
  }
}

/** For every pixel `[first, end)` of an axis that the handwriting covers: the pair of ink pixels and the second's weight. */
interface AxisSamples {
  readonly first: number;
  readonly end: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

function sampleAxis(centre: number, scale: number, size: number): AxisSamples {
  const index = new Int32Array(size);
  const weight = new Float32Array(size);
  let first = size;
  let end = 0;
  for (let pixel = 0; pixel < size; pixel += 1) {
    const place = (pixel + 0.5 - centre) / scale + (GLYPH_SIZE - 1) / 2;
    if (place >= 0 && place < GLYPH_SIZE - 1) {
      first = Math.min(first, pixel);
      end = pixel + 1;
      index[pixel] = Math.floor(place);
      weight[pixel] = place - index[pixel]!;
    }
  }
  return { first, end, index, weight };
}

/** Quantiles of the noise's normal distribution: a uniform position gives a draw, without a logarithm per pixel. */
const NOISE = noiseTable(1 << 12);

/** Two draws of noise from every word of a xorshift generator (Marsaglia 2003): this loop is half of the rendering. */
function addNoise(pixels: Uint8ClampedArray, canvas: Float32Array, seed: number): void {
  let bits = seed | 1;
  for (let i = 0; i < pixels.length; i += 2) {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    pixels[i] = canvas[i]! + NOISE[(bits >>> 4) & 0xfff]!;
    pixels[i + 1] = canvas[i + 1]! + NOISE[bits >>> 20]!;
  }
}

function noiseTable(length: number): Float32Array {
  const table = new Float32Array(length);
  const step = 1 / 1024;
  let deviation = -6;
  let below = 0;
  for (let i = 0; i < length; i += 1) {
    while (below < (i + 0.5) / length) {
      below += (Math.exp(-(deviation ** 2) / 2) / Math.sqrt(2 * Math.PI)) * step;
      deviation += step;
    }
    table[i] = NOISE_SIGMA * deviation;
  }
  return table;
}
