/**
 * Lengths and other sums over axes, composed of operations that have rules: ReduceL2, ReduceLogSumExp, LpNormalization and
 * their kin. In: nodes. Out: the same on our tape. Sums of squares are computed in float32, and the length of nothing has no
 * slope instead of an infinite one, as PyTorch has it.
 */
import { floatType } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import { foldAxes, given, integers } from '../fold.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import type { KnownTensor } from '../known-tensor.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { maximumOver } from './reduce.ts';
import { axesOf } from './shape.ts';

/** Squares below this are nothing: the square of 1e-15. */
const NOTHING = 1e-30;

interface Folding {
  readonly axes: readonly number[];
  readonly keepAxes: boolean;
}

function sumOf(walk: Walk, x: Value, options: Folding): Value {
  return walk.apply('sumOver', [x], options).output;
}

function sumOfSquares(walk: Walk, x: Value, options: Folding): Value {
  const { output: wide } = walk.apply('cast', [x], { type: 'float32' });
  return sumOf(walk, walk.apply('multiply', [wide, wide], {}).output, options);
}

function absoluteSum(walk: Walk, x: Value, options: Folding): Value {
  return sumOf(walk, walk.apply('absolute', [x], {}).output, options);
}

function length(walk: Walk, x: Value, options: Folding): Value {
  const squares = sumOfSquares(walk, x, options);
  const { output } = walk.apply('clamp', [squares], { least: NOTHING, most: Infinity });
  return walk.apply('sqrt', [output], {}).output;
}

type Combine = (numbers: readonly number[]) => number;

const total: Combine = (numbers) => numbers.reduce((sum, value) => sum + value, 0);

function foldWith(combine: Combine): NonNullable<Handler['fold']> {
  return (node: NodeReader, [x, axes]: readonly (KnownTensor | undefined)[]) => {
    const data = given(x);
    const named = axes === undefined ? node.ints('axes') : integers(axes);
    const chosen = (named ?? data.dims.map((_, axis) => axis)).map((axis) =>
      node.axis(axis, data.dims.length),
    );
    return [foldAxes(data, chosen, node.int('keepdims', 1) === 1, combine)];
  };
}

/** What is reduced, along which axes, and whether they stay. */
function reduced(node: NodeReader, inputs: Inputs): Folding & { readonly x: Operand } {
  const x = required(node, inputs, 0);
  const axes = axesOf(node, inputs, 1, dimsOf(x).length);
  return { x, axes, keepAxes: node.int('keepdims', 1) === 1 };
}

/** A reduction that is composed of sums; when the first two axes stay, so does the layout. */
function reduction(compose: (walk: Walk, x: Value, options: Folding) => Value, combine: Combine): Handler {
  return {
    limits: '',
    differentiable: [0],
    fold: foldWith(combine),
    emit: (walk, node, inputs) => {
      const { x, axes, keepAxes } = reduced(node, inputs);
      const layout = keepAxes || axes.every((axis) => axis > 1) ? ownLayout(x) : 'asWritten';
      const value = walk.value(x, layout);
      const folded = compose(walk, value, { axes: axes.map((axis) => axisIn(layout, axis)), keepAxes });
      const { output } = walk.apply('cast', [folded], { type: floatType(value) });
      return [computed(output, layout)];
    },
  };
}

function extreme(operand: (walk: Walk, x: Operand, options: Folding) => Operand, combine: Combine): Handler {
  return {
    limits: '',
    differentiable: [0],
    fold: foldWith(combine),
    emit: (walk, node, inputs) => {
      const { x, ...folding } = reduced(node, inputs);
      return [operand(walk, x, folding)];
    },
  };
}

function negated(walk: Walk, x: Operand): Operand {
  const layout = ownLayout(x);
  return computed(walk.apply('negate', [walk.value(x, layout)], {}).output, layout);
}

/** The largest number is taken off before exp and added after log, so that neither overflows. */
function logSumExp(walk: Walk, x: Value, { axes, keepAxes }: Folding): Value {
  const largest = walk.value(maximumOver(walk, computed(x), axes, true), 'asWritten');
  const { output: below } = walk.apply('subtract', [x, largest], {});
  const summed = sumOf(walk, walk.apply('exp', [below], {}).output, { axes, keepAxes: true });
  const { output } = walk.apply('add', [walk.apply('log', [summed], {}).output, largest], {});
  const dims = output.dims.filter((_, axis) => keepAxes || !axes.includes(axis));
  return walk.apply('reshape', [output], { dims }).output;
}

/** x by its length along one axis. */
const lpNormalization: Handler = {
  limits: 'p 1 or 2',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const layout = ownLayout(x);
    const value = walk.value(x, layout);
    const p = node.int('p', 2);
    if (p !== 1 && p !== 2) {
      throw node.refuse(`p is ${p}; 1 and 2 are supported`);
    }
    const axis = axisIn(layout, node.axis(node.int('axis', -1), dimsOf(x).length));
    const { output: wide } = walk.apply('cast', [value], { type: 'float32' });
    const size = (p === 2 ? length : absoluteSum)(walk, wide, { axes: [axis], keepAxes: true });
    const { output: some } = walk.apply('clamp', [size], { least: NOTHING, most: Infinity });
    const { output } = walk.apply('divide', [wide, some], {});
    return [computed(walk.apply('cast', [output], { type: floatType(value) }).output, layout)];
  },
};

export const norms = {
  ReduceL1: reduction(absoluteSum, (numbers) => total(numbers.map(Math.abs))),
  ReduceL2: reduction(length, (numbers) => Math.hypot(...numbers)),
  ReduceSumSquare: reduction(sumOfSquares, (numbers) => total(numbers.map((value) => value ** 2))),
  ReduceLogSum: reduction(
    (walk, x, options) => walk.apply('log', [sumOf(walk, x, options)], {}).output,
    (numbers) => Math.log(total(numbers)),
  ),
  ReduceLogSumExp: reduction(logSumExp, (numbers) => Math.log(total(numbers.map(Math.exp)))),
  ReduceMax: extreme(
    (walk, x, { axes, keepAxes }) => maximumOver(walk, x, axes, keepAxes),
    (numbers) => Math.max(...numbers),
  ),
  ReduceMin: extreme(
    (walk, x, { axes, keepAxes }) => negated(walk, maximumOver(walk, negated(walk, x), axes, keepAxes)),
    (numbers) => Math.min(...numbers),
  ),
  LpNormalization: lpNormalization,
} satisfies Readonly<Record<string, Handler>>;
