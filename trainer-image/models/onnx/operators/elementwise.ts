/**
 * Arithmetic and functions, element by element. In: nodes like Add, Relu, Exp. Out: the same on our tape, in the layout of
 * the operands. Functions that have no rule of their own are in `activations.ts`.
 */
import type { OperationName, Operations } from '../../../autodiff/rules.ts';
import type { Value } from '../../../graph/value.ts';
import { foldBinary, foldUnary } from '../fold.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import type { KnownTensor } from '../known-tensor.ts';
import type { Layout, Operand } from '../operand.ts';
import { align } from './alignment.ts';

type NamesOf<Entry> = {
  [Name in OperationName]: Operations[Name] extends Entry ? Name : never;
}[OperationName];
type BinaryName = NamesOf<Operations['add']>;
type UnaryName = NamesOf<Operations['relu']>;

/** Constants with the type of the values they are combined with. */
export function scalar(walk: Walk, value: number): Value {
  return walk.value(
    { kind: 'known', tensor: { type: 'float', dims: [], data: Float64Array.of(value) } },
    'asWritten',
  );
}

/** @throws OnnxUnsupportedError when the input is left out. */
export function required(node: NodeReader, inputs: Inputs, position: number): Operand {
  const operand = inputs[position];
  if (operand === undefined) {
    throw node.refuse(`input ${position} is missing`);
  }
  return operand;
}

/** The layout a value has already; the clip becomes a value as the file has it. */
export function ownLayout(operand: Operand): Layout {
  return operand.kind === 'computed' ? operand.layout : 'asWritten';
}

function result(value: Value, layout: Layout): readonly Operand[] {
  return [{ kind: 'computed', value, layout }];
}

function binary(operation: BinaryName, numbers: (a: number, b: number) => number): Handler {
  return {
    limits: '',
    differentiable: 'all',
    fold: (_node, inputs) => [foldBinary(inputs, numbers)],
    emit: (walk, node, inputs) => {
      const operands = inputs.map((_, position) => required(node, inputs, position));
      const { values, layout } = align(walk, operands);
      const [first, ...others] = values;
      if (first === undefined) {
        throw node.refuse('has no inputs');
      }
      const folded = others.reduce((total, value) => walk.apply(operation, [total, value], {}).output, first);
      return result(folded, layout);
    },
  };
}

function unary(operation: UnaryName, numbers: (x: number) => number): Handler {
  return ofOne((walk, x) => walk.apply(operation, [x], {}).output, numbers);
}

/** A function of one operand, composed of operations that keep the shape. */
export function ofOne(
  compose: (walk: Walk, x: Value, node: NodeReader) => Value,
  numbers?: (x: number) => number,
): Handler {
  return {
    limits: '',
    differentiable: [0],
    ...(numbers === undefined
      ? {}
      : {
          fold: (_node: NodeReader, [x]: readonly (KnownTensor | undefined)[]) => [foldUnary(x, numbers)],
        }),
    emit: (walk, node, inputs) => {
      const operand = required(node, inputs, 0);
      const layout = ownLayout(operand);
      return result(compose(walk, walk.value(operand, layout), node), layout);
    },
  };
}

/** A power that is known; the base is not. */
const pow: Handler = {
  limits: 'the exponent must be one known number',
  differentiable: [0],
  fold: (_node, inputs) => [foldBinary(inputs, Math.pow)],
  emit: (walk, node, inputs) => {
    const base = required(node, inputs, 0);
    const exponent = required(node, inputs, 1);
    if (exponent.kind !== 'known' || exponent.tensor.data.length !== 1) {
      throw node.refuse('the exponent is not one known number');
    }
    const layout = ownLayout(base);
    const x = walk.value(base, layout);
    return result(walk.apply('power', [x], { exponent: exponent.tensor.data[0]! }).output, layout);
  },
};

const clip: Handler = {
  limits: 'the ends must be known',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const end = (position: number, otherwise: number): number => {
      const operand = inputs[position];
      if (operand !== undefined && operand.kind !== 'known') {
        throw node.refuse('its ends are not known while the graph is built');
      }
      return operand?.tensor.data[0] ?? otherwise;
    };
    const layout = ownLayout(x);
    const options = { least: end(1, -Infinity), most: end(2, Infinity) };
    return result(walk.apply('clamp', [walk.value(x, layout)], options).output, layout);
  },
};

export const elementwise = {
  Add: binary('add', (a, b) => a + b),
  Sub: binary('subtract', (a, b) => a - b),
  Mul: binary('multiply', (a, b) => a * b),
  Div: {
    ...binary('divide', (a, b) => a / b),
    fold: (_node, inputs) => {
      const isInteger = inputs.every((input) => input?.type === 'int');
      return [foldBinary(inputs, (a, b) => (isInteger ? Math.trunc(a / b) : a / b))];
    },
  },
  Max: binary('maximum', Math.max),
  Min: binary('minimum', Math.min),
  Sum: binary('add', (a, b) => a + b),
  Pow: pow,
  Clip: clip,
  Relu: unary('relu', (x) => Math.max(0, x)),
  Sigmoid: unary('sigmoid', (x) => 1 / (1 + Math.exp(-x))),
  Tanh: unary('tanh', Math.tanh),
  Exp: unary('exp', Math.exp),
  Log: unary('log', Math.log),
  Sqrt: unary('sqrt', Math.sqrt),
  Erf: ofOne((walk, x) => walk.apply('erf', [x], {}).output),
  Abs: unary('absolute', Math.abs),
  Sin: unary('sine', Math.sin),
  Cos: unary('cosine', Math.cos),
  Neg: unary('negate', (x) => -x),
  Reciprocal: unary('reciprocal', (x) => 1 / x),
  Softplus: unary('softplus', (x) => Math.log1p(Math.exp(x))),
} satisfies Readonly<Record<string, Handler>>;
