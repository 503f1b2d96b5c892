/** Slices replaced and elements picked one by one, against ONNX Runtime's kernels, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { floats, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const scattered = (
  x: readonly number[],
  [rows, depth]: readonly [readonly number[], number],
  indices: readonly number[],
  strings: Readonly<Record<string, string>> = {},
): OperatorCase => ({
  nodes: { op: 'ScatterND', inputs: ['x', 'indices', 'new.values'], outputs: ['y'], strings },
  x,
  tensors: {
    indices: { type: 'int', dims: [...rows, depth], data: indices },
    'new.values': floats([...rows, ...x.slice(depth)], 1),
  },
  note: `indices [${[...rows, depth].join(', ')}]`,
  kind: 'exact',
});

const picked = (
  x: readonly number[],
  axis: number,
  dims: readonly number[],
  data: readonly number[],
): OperatorCase => ({
  nodes: { op: 'GatherElements', inputs: ['x', 'indices'], outputs: ['y'], ints: { axis } },
  x,
  tensors: { indices: { type: 'int', dims, data } },
  note: `axis ${axis}`,
  kind: 'exact',
});

describe('ScatterND', () => {
  testOperator([
    scattered([4, 3], [[2], 1], [2, 0]),
    scattered([4, 3], [[2], 1], [-1, 1]),
    scattered([2, 3, 2, 2], [[2, 2], 2], [0, 1, 1, 2, 1, 0, 0, 0]),
    scattered([2, 3], [[3], 2], [0, 0, 1, 2, 0, 1]),
    scattered([3, 2], [[3], 1], [0, 1, 2]),
  ]);

  test('that adds to what is there, or with other updates, is refused by the name of the node', () => {
    expect(refusalOf(scattered([4, 3], [[2], 1], [2, 0], { reduction: 'add' }))).toContain(
      'node "ScatterND_3" (ScatterND): reduction add is not supported; none is',
    );
    expect(refusalOf(scattered([4, 3], [[1], 1], [7]))).toContain('there is no axis 7 among 4');
  });
});

describe('GatherElements', () => {
  testOperator([
    picked([2, 3], 1, [2, 2], [0, 2, 1, 1]),
    picked([3, 2, 2], 0, [2, 2, 1], [0, 2, -1, 1]),
    picked([2, 3, 2, 2], -1, [2, 3, 2, 1], [0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0]),
  ]);
});
