/** Einstein sums against ONNX Runtime's kernel, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { floats, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

/** x is the first operand, the others are parameters. */
const sum = (
  equation: string,
  x: readonly number[],
  ...others: readonly (readonly number[])[]
): OperatorCase => ({
  nodes: {
    op: 'Einsum',
    inputs: ['x', ...others.map((_, index) => `mix.${index}`)],
    outputs: ['y'],
    strings: { equation },
  },
  x,
  tensors: Object.fromEntries(others.map((dims, index) => [`mix.${index}`, floats(dims, index)])),
  note: equation,
});

describe('Einsum', () => {
  testOperator([
    sum('ij,jk->ik', [2, 3], [3, 4]),
    sum('bij,bkj->bik', [2, 3, 4], [2, 5, 4]),
    sum('bythwc,hkc->bythwk', [1, 2, 2, 3, 2, 4], [3, 5, 4]),
    sum('ncthw,dc->ndthw', [2, 3, 2, 2, 2], [4, 3]),
    sum('ncthw,ndthw->ncd', [2, 3, 2, 2, 1], [2, 4, 2, 2, 1]),
    sum('ab,cd->dacb', [2, 3], [2, 4]),
    sum('abc->ca', [2, 3, 4]),
    sum('abc->', [2, 3, 4]),
    sum('ab,ab->a', [2, 3], [2, 3]),
    sum('ab,bc', [2, 3], [3, 2]),
    sum('...ij,...jk->...ik', [2, 3, 4, 2], [2, 3, 2, 5]),
    sum('ab,bc,cd->ad', [2, 3], [3, 4], [4, 2]),
    sum('abx,by->ay', [2, 3, 2], [3, 4]),
    sum(' i j , j k -> i k ', [2, 3], [3, 4]),
  ]);

  test.each([
    [sum('ii->i', [3, 3]), 'operand 0 has 2 axes; each needs a letter of its own'],
    [sum('ij,jk->ik', [2, 3]), 'has 2 operands, the node 1'],
    [sum('ij->ik', [2, 3]), 'the result has axes that are none, or one twice'],
    [sum('ij,jk->ik', [2, 3], [4, 2]), 'axis j has 3 and 4 elements'],
    [sum('i;j', [2, 3]), 'is none that can be read'],
  ])('refuses an equation that does not fit, %#', (testCase, why) => {
    expect(refusalOf(testCase)).toContain('node "Einsum_3" (Einsum): equation ');
    expect(refusalOf(testCase)).toContain(why);
  });
});
