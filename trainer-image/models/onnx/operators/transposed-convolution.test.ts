/** Transposed convolutions against ONNX Runtime's kernel, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { floats, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const transposed = (
  x: readonly number[],
  weight: readonly number[],
  ints: Readonly<Record<string, number | readonly number[]>> = {},
): OperatorCase => ({
  nodes: { op: 'ConvTranspose', inputs: ['x', 'up.weight', 'up.bias'], outputs: ['y'], ints },
  x,
  tensors: {
    'up.weight': floats(weight, 1),
    'up.bias': floats([weight[1]! * (typeof ints['group'] === 'number' ? ints['group'] : 1)], 2),
  },
  note: JSON.stringify(ints),
  kind: 'exact',
});

describe('ConvTranspose', () => {
  testOperator([
    transposed([2, 3, 4], [3, 2, 3], { strides: [2], pads: [1, 1] }),
    transposed([2, 3, 3, 4], [3, 2, 2, 2], { strides: [2, 2] }),
    transposed([1, 2, 3, 3], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
    transposed([1, 4, 3, 2], [4, 2, 3, 2], { group: 2, strides: [1, 2] }),
    transposed([1, 2, 3, 4], [2, 2, 2, 3], { dilations: [2, 1], pads: [1, 0, 0, 2] }),
    transposed([1, 2, 2, 3, 3], [2, 3, 1, 2, 2], { strides: [1, 2, 2] }),
    transposed([2, 2, 2, 1, 3], [2, 1, 3, 3, 3], { strides: [2, 2, 1], pads: [1, 1, 1, 1, 1, 1] }),
  ]);

  test('that does not fit is refused by the name of the node', () => {
    expect(refusalOf(transposed([2, 3, 4], [2, 2, 3]))).toContain(
      'node "ConvTranspose_3" (ConvTranspose): input [2, 3, 4] and weights [2, 2, 3] in 1 groups do not fit',
    );
    expect(refusalOf(transposed([2, 3, 4], [3, 2, 3], { output_shape: [9] }))).toContain('give the pads');
    expect(refusalOf(transposed([2, 3, 9], [3, 2, 3], { pads: [3, 3] }))).toContain('reach beyond it');
  });
});
