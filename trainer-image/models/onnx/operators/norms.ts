/**
 * Lengths and other sums over axes, composed of operations that have rules: ReduceL2, ReduceLogSumExp, LpNormalization and
 * their kin. In: nodes. Out: the same on our tape. Sums of squares are computed in float32, and the length of nothing has no
 * slope instead of an infinite one, as PyTorch has it.
 */
import { floatType } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { maximumOver } from './reduce.ts';
import { reduction, total } from './reduction.ts';
import type { Folding } from './reduction.ts';

/** Squares below this are nothing: the square of 1e-15. */
const NOTHING = 1e-30;

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

function negated(walk: Walk, x: Value): Value {
  return walk.apply('negate', [x], {}).output;
}

/** The largest number is taken off before exp and added after log, so that neither overflows. */
function logSumExp(walk: Walk, x: Value, { axes, keepAxes }: Folding): Value {
  const largest = maximumOver(walk, x, { axes, keepAxes: true });
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
  ReduceMax: reduction(maximumOver, (numbers) => Math.max(...numbers)),
  ReduceMin: reduction(
    (walk, x, options) => negated(walk, maximumOver(walk, negated(walk, x), options)),
    (numbers) => Math.min(...numbers),
  ),
  LpNormalization: lpNormalization,
} satisfies Readonly<Record<string, Handler>>;
