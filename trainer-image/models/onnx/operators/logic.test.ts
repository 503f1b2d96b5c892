/** Conditions and steps on computed and on known numbers against ONNX Runtime's kernels. */
import { describe } from '@jest/globals';
import { integers, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';
import type { FileNode } from '../../../../test/support/onnx-file.ts';

const LIMITS = {
  low: { type: 'float' as const, dims: [], data: [-4] },
  high: { type: 'float' as const, dims: [], data: [5] },
  none: { type: 'float' as const, dims: [], data: [0.25] },
  part: { type: 'float' as const, dims: [], data: [0.3] },
};

/** x where a condition on it holds, a quarter elsewhere. */
const chosen = (condition: readonly FileNode[], note: string): OperatorCase => ({
  nodes: [
    { op: 'Greater', inputs: ['x', 'low'], outputs: ['above'] },
    { op: 'Less', inputs: ['x', 'high'], outputs: ['below'] },
    ...condition,
    { op: 'Where', inputs: ['condition', 'x', 'none'], outputs: ['y'] },
  ],
  x: [2, 3, 2, 3],
  tensors: LIMITS,
  values: 'distinct',
  kind: 'exact',
  note,
});

const combined = (op: string): OperatorCase =>
  chosen([{ op, inputs: ['above', 'below'], outputs: ['condition'] }], op);

const asked = (op: string, input: string): OperatorCase =>
  chosen([{ op, inputs: [input], outputs: ['condition'] }], op);

/** A step added to what it is taken of: only the latter has a gradient. */
const stepped = (op: string): OperatorCase => ({
  nodes: [
    { op: 'Mul', inputs: ['x', 'part'], outputs: ['small'] },
    { op, inputs: ['small'], outputs: ['step'] },
    { op: 'Add', inputs: ['small', 'step'], outputs: ['y'] },
  ],
  x: [2, 3, 2, 2],
  tensors: LIMITS,
  values: 'distinct',
});

/** The same on numbers that are known while the graph is built. */
const known = (op: string, data: readonly number[]): OperatorCase => ({
  nodes: [
    { op: 'Mul', inputs: ['numbers', 'one'], outputs: ['folded'] },
    { op, inputs: ['folded'], outputs: ['step'] },
    { op: 'Cast', inputs: ['step'], outputs: ['float'], ints: { to: 1 } },
    { op: 'Add', inputs: ['x', 'float'], outputs: ['y'] },
  ],
  x: [2, data.length],
  tensors: {
    numbers: { type: 'float', dims: [1, data.length], data },
    one: { type: 'float', dims: [], data: [1] },
    axes: integers([0]),
  },
  note: 'known',
});

describe('conditions', () => {
  testOperator([
    ...['And', 'Or', 'Xor'].map(combined),
    asked('Not', 'above'),
    asked('IsNaN', 'x'),
    asked('IsInf', 'x'),
    asked('Identity', 'above'),
    chosen(
      [{ op: 'Cast', inputs: ['above'], outputs: ['condition'], ints: { to: 9 } }],
      'cast to what it is',
    ),
    chosen(
      [
        { op: 'Cast', inputs: ['above'], outputs: ['ones'], ints: { to: 1 } },
        { op: 'Cast', inputs: ['ones'], outputs: ['condition'], ints: { to: 9 } },
      ],
      'cast to numbers and back',
    ),
  ]);
});

describe('steps', () => {
  testOperator([
    ...['Sign', 'Floor', 'Ceil', 'Round'].map(stepped),
    ...['Sign', 'Floor', 'Ceil', 'Round'].map((op) => known(op, [-2.5, -1.5, -0.4, 0.5, 1.5, 2.6])),
  ]);
});
