/** Lengths and other sums over axes against ONNX Runtime's kernels, at nothing too, and of known numbers. */
import { describe, expect, test } from '@jest/globals';
import { integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const reduced = (
  op: string,
  x: readonly number[],
  axes: readonly number[] | null,
  keepdims = 1,
): OperatorCase => ({
  nodes: { op, inputs: axes === null ? ['x'] : ['x', 'axes'], outputs: ['y'], ints: { keepdims } },
  x,
  tensors: axes === null ? {} : { axes: integers(axes) },
  note: `over ${axes === null ? 'all' : axes.join(', ')}, keepdims ${keepdims}`,
  values: op === 'ReduceLogSum' ? 'positive' : 'mixed',
});

/** On distinct numbers, so that no difference changes which is the largest or what is negative. */
const distinct = (testCase: OperatorCase): OperatorCase => ({ ...testCase, values: 'distinct' });

const scaled = (x: readonly number[], axis: number, p: number): OperatorCase => ({
  nodes: { op: 'LpNormalization', inputs: ['x'], outputs: ['y'], ints: { axis, p } },
  x,
  note: `axis ${axis}, p ${p}`,
  values: 'distinct',
});

describe('sums over axes', () => {
  testOperator([
    ...['ReduceL2', 'ReduceSumSquare', 'ReduceLogSum', 'ReduceLogSumExp'].flatMap((op) => [
      reduced(op, [2, 3, 4], [1]),
      reduced(op, [2, 3, 2, 2, 3], [2, 4], 0),
      reduced(op, [2, 3, 2, 2], [0, 3], 0),
      reduced(op, [3, 4], null),
    ]),
    ...['ReduceL1', 'ReduceMax', 'ReduceMin'].flatMap((op) => [
      distinct(reduced(op, [2, 3, 4], [1])),
      distinct(reduced(op, [2, 3, 2, 2, 3], [1, 3], 0)),
      distinct(reduced(op, [3, 4], null)),
    ]),
    scaled([2, 3, 2, 2], 1, 2),
    scaled([2, 3, 4], -1, 2),
    scaled([2, 3, 4], 1, 1),
  ]);

  test('along other lengths are refused', () => {
    expect(refusalOf(scaled([2, 3], 1, 3))).toContain('p is 3; 1 and 2 are supported');
  });
});

describe('of nothing', () => {
  const nothing = (testCase: OperatorCase): OperatorCase => ({
    ...testCase,
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
      { op: 'Sub', inputs: ['positive', 'positive'], outputs: ['zeros'] },
      ...[testCase.nodes].flat().map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => (name === 'x' ? 'zeros' : name)),
      })),
    ],
    note: 'zeros',
  });
  testOperator([nothing(reduced('ReduceL2', [2, 3], [1])), nothing(scaled([2, 3], 1, 2))]);
});

describe('of known numbers', () => {
  const onShape = (op: string): OperatorCase => ({
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Cast', inputs: ['shape'], outputs: ['lengths'], ints: { to: 1 } },
      { op, inputs: ['lengths'], outputs: ['number'], ints: { keepdims: 0 } },
      { op: 'Mul', inputs: ['x', 'number'], outputs: ['y'] },
    ],
    x: [2, 3, 4],
    note: 'a shape',
  });
  testOperator(
    [
      'ReduceL1',
      'ReduceL2',
      'ReduceSumSquare',
      'ReduceLogSum',
      'ReduceLogSumExp',
      'ReduceMax',
      'ReduceMin',
    ].map(onShape),
  );
});
