/** Activation functions against ONNX Runtime's kernels. */
import { describe } from '@jest/globals';
import { floats, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';
import type { FileNode } from '../../../../test/support/onnx-file.ts';

const X = [2, 3, 2, 2, 3];

/** On halves without 0, so that no difference crosses a corner. */
const cornered = (op: string, attributes: Partial<FileNode> = {}, opset = 21): OperatorCase => ({
  nodes: [
    { op: 'Mul', inputs: ['x', 'scale'], outputs: ['small'] },
    { op, inputs: ['small'], outputs: ['y'], ...attributes },
  ],
  x: X,
  tensors: { scale: { type: 'float', dims: [], data: [0.2] } },
  values: 'distinct',
  opset,
});

const sloped = (x: readonly number[], dims: readonly number[]): OperatorCase => ({
  nodes: { op: 'PRelu', inputs: ['x', 'act.weight'], outputs: ['y'] },
  x,
  tensors: { 'act.weight': floats(dims, 1) },
  values: 'distinct',
  note: `slopes [${dims.join(', ')}]`,
  kind: 'exact',
});

const plain = (op: string, attributes: Partial<FileNode> = {}): OperatorCase => ({
  nodes: { op, inputs: ['x'], outputs: ['y'], ...attributes },
  x: [2, 3, 4],
});

describe('activations with corners', () => {
  testOperator([
    cornered('LeakyRelu', { floats: { alpha: 0.1 } }),
    cornered('Elu', { floats: { alpha: 0.7 } }),
    cornered('Celu', { floats: { alpha: 0.7 } }),
    cornered('Selu'),
    cornered('ThresholdedRelu', { floats: { alpha: 0.45 } }),
    cornered('Shrink', { floats: { lambd: 0.45, bias: 0.25 } }),
    cornered('Softsign'),
    cornered('HardSigmoid', { floats: { alpha: 0.3 } }),
    cornered('HardSwish'),
    sloped(X, [3, 1, 1, 1]),
    sloped(X, [1]),
    sloped([2, 3, 4], [3, 1]),
  ]);
});

describe('smooth activations', () => {
  testOperator([
    plain('Gelu'),
    plain('Gelu', { strings: { approximate: 'tanh' } }),
    plain('Mish'),
    plain('Softplus'),
    plain('Sin'),
    plain('Cos'),
  ]);
});
