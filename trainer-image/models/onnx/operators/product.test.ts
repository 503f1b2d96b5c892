/** Products with vectors against ONNX Runtime's kernel. */
import { describe } from '@jest/globals';
import { floats, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const product = (x: readonly number[], weight: readonly number[], isFirst = true): OperatorCase => ({
  nodes: [
    { op: 'MatMul', inputs: isFirst ? ['x', 'mix.weight'] : ['mix.weight', 'x'], outputs: ['product'] },
    // Or it would be a classifier, and made anew for the classes of the run.
    { op: 'Neg', inputs: ['product'], outputs: ['y'] },
  ],
  x,
  tensors: { 'mix.weight': floats(weight, 1) },
  note: `${isFirst ? 'by' : 'from the left by'} [${weight.join(', ')}]`,
  kind: 'exact',
});

describe('MatMul', () => {
  testOperator([
    product([2, 3], [3, 4]),
    product([2, 5, 3], [3]),
    product([3], [3, 4]),
    product([3], [2, 3, 4]),
    product([3], [3]),
    product([2, 3, 4], [3], false),
  ]);
});
