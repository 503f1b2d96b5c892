/** Blocks of pixels as channels and back against ONNX Runtime's kernels, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

const moved = (op: string, x: readonly number[], blocksize: number, mode?: string): OperatorCase => ({
  nodes: {
    op,
    inputs: ['x'],
    outputs: ['y'],
    ints: { blocksize },
    ...(mode === undefined ? {} : { strings: { mode } }),
  },
  x,
  note: `${blocksize} ${mode ?? ''}`,
  kind: 'exact',
});

describe('blocks', () => {
  testOperator([
    moved('DepthToSpace', [2, 8, 2, 3], 2),
    moved('DepthToSpace', [2, 8, 2, 3], 2, 'CRD'),
    moved('DepthToSpace', [1, 9, 2, 1], 3, 'DCR'),
    moved('SpaceToDepth', [2, 2, 4, 6], 2),
    moved('SpaceToDepth', [1, 1, 3, 6], 3),
  ]);

  test('that do not fit are refused by the name of the node', () => {
    expect(refusalOf(moved('DepthToSpace', [2, 6, 2, 3], 2))).toContain(
      'node "DepthToSpace_3" (DepthToSpace): mode DCR, blocksize 2: 6 channels are no such blocks',
    );
    expect(refusalOf(moved('SpaceToDepth', [2, 6, 2, 3], 2))).toContain('blocksize 2 does not divide 2 x 3');
    expect(refusalOf(moved('SpaceToDepth', [2, 6, 2], 2))).toContain('an image [N, C, H, W] is needed');
  });
});
