/** Lists of values, as `chunk`, `split`, `unbind` and `stack` are exported, against ONNX Runtime's kernels. */
import { describe, expect, test } from '@jest/globals';
import { integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const scalar = (value: number): NonNullable<OperatorCase['tensors']>[string] => ({
  type: 'int',
  dims: [],
  data: [value],
});

/** Two of the pieces, one times the other or one after the other. */
const pieces = (
  x: readonly number[],
  split: NonNullable<OperatorCase['tensors']>[string] | null,
  places: readonly [number, number],
  ints: Readonly<Record<string, number>>,
): OperatorCase => ({
  nodes: [
    { op: 'SplitToSequence', inputs: split === null ? ['x'] : ['x', 'split'], outputs: ['list'], ints },
    { op: 'SequenceAt', inputs: ['list', 'first'], outputs: ['a'] },
    { op: 'SequenceAt', inputs: ['list', 'second'], outputs: ['b'] },
    { op: 'Mul', inputs: ['a', 'b'], outputs: ['y'] },
  ],
  x,
  tensors: {
    first: scalar(places[0]),
    second: scalar(places[1]),
    ...(split === null ? {} : { split }),
  },
  note: JSON.stringify(ints),
});

const joined = (x: readonly number[], ints: Readonly<Record<string, number>>): OperatorCase => ({
  nodes: [
    { op: 'Exp', inputs: ['x'], outputs: ['e'] },
    { op: 'SequenceConstruct', inputs: ['x', 'e', 'x'], outputs: ['list'] },
    { op: 'ConcatFromSequence', inputs: ['list'], outputs: ['y'], ints },
  ],
  x,
  note: JSON.stringify(ints),
});

describe('a list', () => {
  testOperator([
    pieces([2, 6, 3, 2], scalar(2), [0, 2], { axis: 1 }),
    pieces([2, 7, 3], integers([3, 1, 3]), [0, -1], { axis: 1 }),
    pieces([3, 4], null, [0, 2], { axis: 0, keepdims: 0 }),
    pieces([3, 4, 1, 2, 2], null, [1, 2], { axis: 0, keepdims: 1 }),
    joined([2, 3, 2, 2], { axis: 1 }),
    joined([2, 3], { axis: 1, new_axis: 1 }),
    joined([2, 3, 2], { axis: -1, new_axis: 1 }),
  ]);

  test('of pieces that do not make up the axis is refused', () => {
    expect(refusalOf(pieces([2, 7], integers([3, 1]), [0, 1], { axis: 1 }))).toContain(
      'node "SplitToSequence_3" (SplitToSequence): pieces of 3, 1 elements do not make up 7',
    );
  });

  test('given to an operator that takes one value is refused by the name of the node', () => {
    const nodes = [
      { op: 'SplitToSequence', inputs: ['x'], outputs: ['list'] },
      { op: 'Relu', inputs: ['list'], outputs: ['y'] },
    ];
    expect(refusalOf({ nodes, x: [2, 3] })).toContain('"Relu_4" (Relu): it is given a list of values');
  });
});
