/**
 * Parameters, clips and masks from a seed: the twin of test/fixtures/pytorch/values.py, so that fixtures need not store
 * what both sides can make. In: a name, a shape, a seed. Out: the same numbers as there, bit for bit.
 */
import { elementCount } from '../../trainer-image/graph/value.ts';
import type { InputShape } from '../../trainer-image/models/network.ts';

const TWO_TO_32 = 2 ** 32;

/** Numbers in [0, 1): a linear congruential generator started from the seed and the characters of the name. */
export function numberStream(name: string, seed: number): () => number {
  let state = (seed * 2654435761) % TWO_TO_32;
  for (const character of name) {
    state = (state * 31 + character.charCodeAt(0)) % TWO_TO_32;
  }
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / TWO_TO_32;
  };
}

/** Weights uniform with He's deviation, gamma around 1, beta and biases around 0. */
export function fixtureParameter(name: string, dims: readonly number[], seed: number): Float32Array {
  const next = numberStream(name, seed);
  const values = new Float32Array(elementCount(dims));
  return values.map(() => transformed(name, dims, 2 * next() - 1));
}

function transformed(name: string, dims: readonly number[], number: number): number {
  if (name.endsWith('.gamma')) {
    return 1 + 0.4 * number;
  }
  if (name.endsWith('.beta') || name.endsWith('.bias')) {
    return 0.2 * number;
  }
  if (dims.length === 2) {
    return 0.4 * number;
  }
  const taps = elementCount(dims.slice(2));
  return Math.sqrt(6 / (dims[0]! * taps)) * number;
}

/** uint8 `[N, T, H, W, 3]` */
export function fixtureClip({ clips, frames, cropSize }: InputShape, seed: number): Uint8Array {
  const next = numberStream('clip', seed);
  return new Uint8Array(clips * frames * cropSize * cropSize * 3).map(() => Math.floor(256 * next()));
}

/** float32 `[N, K]`: class i mod K, or two classes at once. */
export function fixtureTarget(clips: number, classes: number, several: boolean): Float32Array {
  const rows = new Float32Array(clips * classes);
  for (let clip = 0; clip < clips; clip += 1) {
    rows[clip * classes + (clip % classes)] = 1;
    if (several) {
      rows[clip * classes + ((2 * clip + 1) % classes)] = 1;
    }
  }
  return rows;
}

/** float32 `[F, N]`, scaled by 1 / (1 - rate). */
export function fixtureMask(features: number, clips: number, rate: number, seed: number): Float32Array {
  const next = numberStream('dropoutMask', seed);
  return new Float32Array(features * clips).map(() => (next() < rate ? 0 : 1 / (1 - rate)));
}
