/**
 * Operators that make or change known numbers and have no form on computed values. In: nodes like Range, ConstantOfShape.
 * Out: folded numbers.
 */
import { foldBinary, given, integers } from '../fold.ts';
import type { Handler } from '../handler.ts';
import { integerList, knownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import type { KnownTensor } from '../known-tensor.ts';
import { foldKnown } from './reduction.ts';

const LIMITS = 'on known numbers only';

function foldOnly(fold: NonNullable<Handler['fold']>): Handler {
  return { limits: LIMITS, differentiable: [], fold };
}

function constant(node: NodeReader): KnownTensor {
  const tensor = node.tensor('value');
  if (tensor !== null) {
    return tensor;
  }
  const whole = node.ints('value_ints');
  if (whole !== null) {
    return integerList(whole);
  }
  const { attributes } = node.node;
  const one = attributes.get('value_int') ?? attributes.get('value_float');
  const floats = attributes.get('value_floats');
  if (one?.kind === 'int' || one?.kind === 'float') {
    return knownTensor(one.kind, [], () => one.value);
  }
  if (floats?.kind === 'floats') {
    return knownTensor('float', [floats.values.length], (index) => floats.values[index]!);
  }
  throw node.refuse('holds no numbers');
}

export const constants = {
  Constant: foldOnly((node) => [constant(node)]),
  ConstantOfShape: foldOnly((node, [shape]) => {
    const value = node.tensor('value');
    return [knownTensor(value?.type ?? 'float', integers(shape), () => value?.data[0] ?? 0)];
  }),
  Range: foldOnly((_node, [start, limit, delta]) => {
    const [from, to, step] = [start, limit, delta].map((x) => given(x).data[0]!);
    const length = Math.max(0, Math.ceil((to! - from!) / step!));
    return [knownTensor(given(start).type, [length], (index) => from! + index * step!)];
  }),
  Mod: foldOnly((node, inputs) => [
    foldBinary(inputs, (a, b) => (node.int('fmod', 0) === 1 ? a % b : a - b * Math.floor(a / b))),
  ]),
  ReduceProd: foldOnly(foldKnown((numbers) => numbers.reduce((product, value) => product * value, 1))),
} satisfies Readonly<Record<string, Handler>>;
