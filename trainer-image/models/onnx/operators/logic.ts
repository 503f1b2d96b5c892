/**
 * Comparisons and choices. In: nodes like Equal, And, Where. Out: folded where everything is known, as with the masks of
 * attention; a comparison of computed values becomes a condition that no gradient flows through.
 */
import type { ComparisonOperator } from '../../../graph/elementwise.ts';
import { compare } from '../../../graph/elementwise.ts';
import { broadcastDims } from '../../../graph/value.ts';
import { foldBinary, foldUnary, given } from '../fold.ts';
import type { Handler } from '../handler.ts';
import { broadcastKnown, knownTensor } from '../known-tensor.ts';
import { align } from './alignment.ts';
import { required } from './elementwise.ts';

function comparison(operator: ComparisonOperator, numbers: (a: number, b: number) => boolean): Handler {
  return {
    limits: '',
    differentiable: [],
    fold: (_node, inputs) => [foldBinary(inputs, (a, b) => (numbers(a, b) ? 1 : 0), 'bool')],
    emit: (walk, node, inputs) => {
      const { values, layout } = align(walk, [required(node, inputs, 0), required(node, inputs, 1)]);
      return [{ kind: 'computed', value: compare(walk.graph, operator, values[0]!, values[1]!), layout }];
    },
  };
}

function known(numbers: (a: number, b: number) => boolean): Handler {
  return {
    limits: 'on known numbers only',
    differentiable: [],
    fold: (_node, inputs) => [foldBinary(inputs, (a, b) => (numbers(a, b) ? 1 : 0), 'bool')],
  };
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
    return [{ kind: 'computed', value: output, layout }];
  },
};

export const logic = {
  Equal: comparison('Equal', (a, b) => a === b),
  Greater: comparison('Greater', (a, b) => a > b),
  GreaterOrEqual: comparison('GreaterOrEqual', (a, b) => a >= b),
  Less: comparison('Less', (a, b) => a < b),
  LessOrEqual: comparison('LessOrEqual', (a, b) => a <= b),
  And: known((a, b) => a !== 0 && b !== 0),
  Or: known((a, b) => a !== 0 || b !== 0),
  Not: {
    limits: 'on known numbers only',
    differentiable: [],
    fold: (_node, [x]) => [foldUnary(x, (value) => (value === 0 ? 1 : 0), 'bool')],
  },
  Where: where,
} satisfies Readonly<Record<string, Handler>>;
