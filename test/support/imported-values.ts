/**
 * Weights of networks whose files are stored without them: the twin of `parameter` in
 * test/fixtures/onnx/make_onnx_fixtures.py. In: a name, dims, a seed. Out: the same numbers as there, bit for bit.
 */
import { numberStream } from './fixture-values.ts';

/** Weights uniform with He's deviation, scales of norms around 1, biases around 0. */
export function importedParameter(name: string, dims: readonly number[], seed: number): Float32Array {
  const next = numberStream(name, seed);
  const [scale, shift] = rangeOf(name, dims);
  const values = new Float32Array(dims.reduce((product, length) => product * length, 1));
  // A loop: networks have tens of millions of weights.
  for (let index = 0; index < values.length; index += 1) {
    values[index] = shift + scale * (2 * next() - 1);
  }
  return values;
}

function rangeOf(name: string, dims: readonly number[]): readonly [scale: number, shift: number] {
  const [first = 1, second = 1, ...kernel] = dims;
  if (dims.length === 1) {
    return name.endsWith('.weight') ? [0.4, 1] : [0.2, 0];
  }
  const taps = kernel.reduce((product, length) => product * length, 1);
  return [dims.length === 2 ? Math.sqrt(3 / second) : Math.sqrt(6 / (first * taps)), 0];
}
