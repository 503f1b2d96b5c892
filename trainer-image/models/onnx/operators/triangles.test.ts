/** Triangles of matrices and running sums against ONNX Runtime's kernels. */
import { describe, expect, test } from '@jest/globals';
import { integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const triangle = (x: readonly number[], upper: number, diagonal: number): OperatorCase => ({
  nodes: { op: 'Trilu', inputs: ['x', 'k'], outputs: ['y'], ints: { upper } },
  x,
  tensors: { k: { type: 'int', dims: [], data: [diagonal] } },
  note: `${upper === 1 ? 'upper' : 'lower'} from ${diagonal}`,
  kind: 'exact',
});

const running = (
  x: readonly number[],
  axis: number,
  ints: Readonly<Record<string, number>> = {},
): OperatorCase => ({
  nodes: { op: 'CumSum', inputs: ['x', 'axis'], outputs: ['y'], ints },
  x,
  tensors: { axis: { type: 'int', dims: [], data: [axis] } },
  note: `axis ${axis} ${JSON.stringify(ints)}`,
  kind: 'exact',
});

/** The operator on numbers that are known while the graph is built, added to x. */
const onKnown = ({ nodes, tensors, note }: OperatorCase, dims: readonly number[]): OperatorCase => ({
  nodes: [
    { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
    { op: 'Add', inputs: ['zeros', 'one'], outputs: ['ones'] },
    ...[nodes].flat().map((node) => ({ ...node, inputs: ['ones', 'k'], outputs: ['known'] })),
    { op: 'Add', inputs: ['x', 'known'], outputs: ['y'] },
  ],
  x: dims,
  tensors: {
    k: tensors?.['k'] ?? tensors?.['axis'] ?? integers([0]),
    shape: integers(dims),
    one: { type: 'float', dims: [], data: [1] },
  },
  note: `known, ${note ?? ''}`,
  kind: 'exact',
});

describe('Trilu', () => {
  testOperator([triangle([3, 5], 1, 0), triangle([2, 4, 3], 0, 1), triangle([2, 4, 4], 1, -2)]);
});

describe('CumSum', () => {
  testOperator([
    running([2, 5], 1),
    running([2, 3, 4, 2, 2], 2, { exclusive: 1 }),
    running([3, 4, 2], 0, { reverse: 1 }),
    running([3, 20, 2], 1, { reverse: 1, exclusive: 1 }),
  ]);
});

test('a sum along more than can be summed is refused', () => {
  expect(refusalOf(running([1, 2000], 1))).toContain(
    'node "CumSum_3" (CumSum): it sums along 2000 elements; at most 1024 are supported',
  );
});

describe('of known numbers', () => {
  testOperator([
    onKnown(triangle([3, 5], 1, 1), [3, 5]),
    onKnown(triangle([3, 5], 0, 0), [3, 5]),
    onKnown(running([3, 5], 1, { exclusive: 1 }), [3, 5]),
    onKnown(running([3, 5], 0, { reverse: 1 }), [3, 5]),
  ]);
});
