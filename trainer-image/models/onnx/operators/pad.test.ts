/** Padding in every mode against ONNX Runtime's kernel, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { integers, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const padded = (
  mode: string,
  x: readonly number[],
  pads: readonly number[],
  axes?: readonly number[],
): OperatorCase => ({
  nodes: {
    op: 'Pad',
    inputs: ['x', 'pads', ...(axes === undefined ? [] : ['', 'axes'])],
    outputs: ['y'],
    strings: { mode },
  },
  x,
  tensors: { pads: integers(pads), ...(axes === undefined ? {} : { axes: integers(axes) }) },
  note: `${mode} [${pads.join(', ')}]`,
  kind: 'exact',
});

const image = [0, 0, 1, 2, 0, 0, 2, 1];
const volume = [0, 0, 1, 0, 2, 0, 0, 1, 2, 1];

describe('Pad', () => {
  testOperator([
    ...['constant', 'edge', 'reflect', 'wrap'].flatMap((mode) => [
      padded(mode, [2, 3, 4, 5], image),
      padded(mode, [2, 3, 3, 4, 5], volume),
      padded(mode, [2, 3, 5], [2, 1], [-1]),
    ]),
    padded('edge', [2, 5], [0, 20, 0, 7]),
    padded('edge', [1, 2, 1, 3], [0, 0, 2, 1, 0, 0, 1, 0]),
    padded('wrap', [3, 2], [3, 0, 1, 2]),
    padded('constant', [2, 3, 4, 5], [0, 0, -1, 2, 0, 0, 0, -3]),
    padded('edge', [2, 3, 4, 5], [0, 0, -1, -2, 0, 0, 0, -1]),
  ]);

  test('that takes more than there is is refused by the name of the node', () => {
    expect(refusalOf(padded('reflect', [2, 3, 4], [0, 0, 4, 0, 0, 0]))).toBe(
      'node "Pad_3" (Pad): mode reflect adds 4 and 0 elements along axis 2, which has 4; at most 3 can be',
    );
    expect(refusalOf(padded('wrap', [2, 3, 4], [0, 0, 0, 0, 0, 5]))).toContain('at most 4 can be');
  });

  test('in an unknown mode, or with pads for other axes, is refused', () => {
    expect(refusalOf(padded('mirror', [2, 3], [0, 1, 0, 1]))).toContain(
      'mode mirror is not supported; constant, edge, reflect, wrap are',
    );
    expect(refusalOf(padded('edge', [2, 3], [0, 0, 0, 2 ** 40]))).toContain('at most 65536');
    expect(refusalOf(padded('edge', [2, 3], [0, 1, 0]))).toContain(
      'its pads are [0, 1, 0]; 2 axes need two numbers each, of at most 65536',
    );
  });
});
