/** Normalisation by groups, channels and root mean square against ONNX Runtime's kernels, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { floats, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const vectors = (length: number): NonNullable<OperatorCase['tensors']> => ({
  'norm.weight': floats([length], 1, 1.5),
  'norm.bias': floats([length], 2),
});

const grouped = (x: readonly number[], groups: number, opset = 21, length = x[1]!): OperatorCase => ({
  nodes: {
    op: 'GroupNormalization',
    inputs: ['x', 'norm.weight', 'norm.bias'],
    outputs: ['y'],
    ints: { num_groups: groups },
    floats: { epsilon: 1e-2 },
  },
  x,
  tensors: vectors(length),
  opset,
  note: `${groups} groups`,
});

const instance = (x: readonly number[]): OperatorCase => ({
  nodes: {
    op: 'InstanceNormalization',
    inputs: ['x', 'norm.weight', 'norm.bias'],
    outputs: ['y'],
    floats: { epsilon: 1e-2 },
  },
  x,
  tensors: vectors(x[1]!),
});

const rootMeanSquare = (x: readonly number[], axis: number, scale: readonly number[]): OperatorCase => ({
  nodes: {
    op: 'RMSNormalization',
    inputs: ['x', 'norm.weight'],
    outputs: ['y'],
    ints: { axis },
    floats: { epsilon: 1e-2 },
  },
  x,
  tensors: { 'norm.weight': floats(scale, 1, 1.5) },
  opset: 23,
  note: `axis ${axis}, scale [${scale.join(', ')}]`,
});

describe('GroupNormalization', () => {
  testOperator([
    grouped([2, 6, 3, 2, 2], 3),
    grouped([3, 4, 2, 3, 2], 1),
    grouped([2, 4, 3, 3], 2),
    grouped([2, 6, 5], 2),
    grouped([2, 6, 3, 4], 3, 18, 3),
    grouped([2, 8, 1, 2, 2], 4, 20, 4),
  ]);

  test('with groups that do not divide the channels is refused by the name of the node', () => {
    expect(refusalOf(grouped([2, 6, 3, 4], 4))).toBe(
      'node "GroupNormalization_3" (GroupNormalization): num_groups is 4; it must divide the 6 channels of [2, 6, 3, 4]',
    );
  });

  test('with a scale for every group is refused where the opset has one for every channel', () => {
    expect(refusalOf(grouped([2, 6, 3, 4], 3, 21, 3))).toContain(
      'input 1 has dims [3]; 6 channels need one number each',
    );
  });
});

describe('InstanceNormalization', () => {
  testOperator([instance([2, 3, 2, 3, 2]), instance([3, 2, 4, 3]), instance([2, 5, 6])]);
});

describe('RMSNormalization', () => {
  testOperator([
    rootMeanSquare([2, 3, 8], -1, [8]),
    rootMeanSquare([2, 3, 2, 4], 2, [2, 4]),
    rootMeanSquare([2, 3, 2, 4], 1, [3, 2, 4]),
    rootMeanSquare([4, 6], -1, [1]),
    rootMeanSquare([2, 3, 2, 4], -1, [2, 3, 2, 4]),
    rootMeanSquare([2, 3, 2, 4], -1, [3, 1, 1]),
  ]);

  test('with a scale of other axes is refused', () => {
    expect(refusalOf(rootMeanSquare([2, 3, 8], -1, [2, 8]))).toContain('scale [2, 8] does not fit [2, 3, 8]');
  });
});
