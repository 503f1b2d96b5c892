/**
 * Comparisons, choices and steps. In: nodes like Equal, And, Where, Floor. Out: folded where everything is known, as with the
 * masks of attention; of computed values a condition or a step, through which no gradient flows.
 */
import type { ComparisonOperator } from '../../../graph/elementwise.ts';
import { combine, compare, test, unary } from '../../../graph/elementwise.ts';
import { broadcastDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import { foldBinary, foldUnary, given } from '../fold.ts';
import type { Handler, Walk } from '../handler.ts';
import { broadcastKnown, knownTensor } from '../known-tensor.ts';
import { computed } from '../operand.ts';
import { align } from './alignment.ts';
import { ofOne, required } from './elementwise.ts';

function comparison(operator: ComparisonOperator, numbers: (a: number, b: number) => boolean): Handler {
  return ofTwo((walk, a, b) => compare(walk.graph, operator, a, b), numbers);
}

function combination(operator: 'And' | 'Or' | 'Xor', bits: (a: boolean, b: boolean) => boolean): Handler {
  return ofTwo(
    (walk, a, b) => combine(walk.graph, operator, a, b),
    (a, b) => bits(a !== 0, b !== 0),
  );
}

/** A condition on two operands. */
function ofTwo(
  condition: (walk: Walk, a: Value, b: Value) => Value,
  holds: (a: number, b: number) => boolean,
): Handler {
  return {
    limits: '',
    differentiable: [],
    fold: (_node, inputs) => [foldBinary(inputs, (a, b) => (holds(a, b) ? 1 : 0), 'bool')],
    emit: (walk, node, inputs) => {
      const { values, layout } = align(walk, [required(node, inputs, 0), required(node, inputs, 1)]);
      return [computed(condition(walk, values[0]!, values[1]!), layout)];
    },
  };
}

function question(operator: 'Not' | 'IsNaN' | 'IsInf', bits: (x: number) => boolean): Handler {
  return {
    ...ofOne((walk, x) => test(walk.graph, operator, x)),
    differentiable: [],
    fold: (_node, [x]) => [foldUnary(x, (value) => (bits(value) ? 1 : 0), 'bool')],
  };
}

/** Whole numbers near a value, and its sign: no gradient flows through a step. */
function step(operator: 'Sign' | 'Floor' | 'Ceil' | 'Round', numbers: (x: number) => number): Handler {
  return { ...ofOne((walk, x) => unary(walk.graph, operator, x), numbers), differentiable: [] };
}

/** Halves go to the even neighbour. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const isHalf = x - below === 0.5;
  return isHalf ? 2 * Math.round(below / 2) : Math.round(x);
}

const where: Handler = {
  limits: '',
  differentiable: [1, 2],
  fold: (_node, [condition, a, b]) => {
    const [test, yes, no] = [given(condition), given(a), given(b)];
    const dims = broadcastDims(test.dims, broadcastDims(yes.dims, no.dims));
    const [tests, yeses, noes] = [test, yes, no].map((x) => broadcastKnown(x, dims));
    return [
      knownTensor(yes.type, dims, (index) =>
        tests!.data[index] === 0 ? noes!.data[index]! : yeses!.data[index]!,
      ),
    ];
  },
  emit: (walk, node, inputs) => {
    const operands = [0, 1, 2].map((position) => required(node, inputs, position));
    const { values, layout } = align(walk, operands);
    const { output } = walk.apply('select', [values[0]!, values[1]!, values[2]!], {});
    return [computed(output, layout)];
  },
};

export const logic = {
  Equal: comparison('Equal', (a, b) => a === b),
  Greater: comparison('Greater', (a, b) => a > b),
  GreaterOrEqual: comparison('GreaterOrEqual', (a, b) => a >= b),
  Less: comparison('Less', (a, b) => a < b),
  LessOrEqual: comparison('LessOrEqual', (a, b) => a <= b),
  And: combination('And', (a, b) => a && b),
  Or: combination('Or', (a, b) => a || b),
  Xor: combination('Xor', (a, b) => a !== b),
  Not: question('Not', (x) => x === 0),
  IsNaN: question('IsNaN', Number.isNaN),
  IsInf: question('IsInf', (x) => Math.abs(x) === Infinity),
  Sign: step('Sign', Math.sign),
  Floor: step('Floor', Math.floor),
  Ceil: step('Ceil', Math.ceil),
  Round: step('Round', roundToEven),
  Where: where,
} satisfies Readonly<Record<string, Handler>>;
