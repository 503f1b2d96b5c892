/**
 * Weights of networks whose files are stored without them: the twin of `parameter` in
 * test/fixtures/onnx/make_onnx_fixtures.py. In: a name, dims, a seed. Out: the same numbers as there, bit for bit.
 */
import { elementCount } from '../../trainer-image/graph/value.ts';
import { numberStream } from './fixture-values.ts';

export interface ImportedRule {
  readonly seed: number;
  readonly norms: {
    /** What biases are around. */
    readonly shift: number;
    /** The layers whose names end so have a tenth of the scale, and biases around 0. */
    readonly branchEnd: string | null;
  };
}

/** Weights uniform with He's deviation, scales of norms around 1, biases around the norms' shift. */
export function importedParameter(name: string, dims: readonly number[], rule: ImportedRule): Float32Array {
  const next = numberStream(name, rule.seed);
  const [spread, middle] = rangeOf(name, dims, rule.norms);
  const values = new Float32Array(elementCount(dims));
  // A loop: networks have tens of millions of weights.
  for (let index = 0; index < values.length; index += 1) {
    values[index] = middle + spread * (2 * next() - 1);
  }
  return values;
}

function rangeOf(
  name: string,
  dims: readonly number[],
  { shift, branchEnd }: ImportedRule['norms'],
): readonly [spread: number, middle: number] {
  const [first = 1, second = 1, ...kernel] = dims;
  if (dims.length === 1) {
    const isEnd = branchEnd !== null && name.replace(/\.\w+$/, '').endsWith(branchEnd);
    const scale = isEnd ? 0.1 : 1;
    return name.endsWith('.weight') ? [0.4 * scale, scale] : [0.2, isEnd ? 0 : shift];
  }
  const taps = elementCount(kernel);
  return [dims.length === 2 ? Math.sqrt(3 / second) : Math.sqrt(6 / (first * taps)), 0];
}
