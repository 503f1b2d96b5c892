/** Attention with heads, masks, caps and shared keys against ONNX Runtime's kernel, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { booleans, floats, refusalOf, testOperator } from '../../../../test/support/operator-cases.ts';
import type { OperatorCase } from '../../../../test/support/operator-cases.ts';

interface Form {
  readonly ints?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly mask?: NonNullable<OperatorCase['tensors']>[string];
  readonly note?: string;
}

/** Queries are x; keys and values are parameters. */
function attention(
  x: readonly number[],
  [k, v]: readonly [readonly number[], readonly number[]],
  { mask, note = '', ...attributes }: Form = {},
): OperatorCase {
  return {
    nodes: {
      op: 'Attention',
      inputs: ['x', 'keys.k', 'values.v', ...(mask === undefined ? [] : ['mask'])],
      outputs: ['y'],
      ...attributes,
    },
    x,
    tensors: {
      'keys.k': floats(k, 1),
      'values.v': floats(v, 2),
      ...(mask === undefined ? {} : { mask }),
    },
    opset: 23,
    note: `keys [${k.join(', ')}] ${note}`,
  };
}

const SQUARE = [
  [2, 2, 3, 4],
  [2, 2, 3, 4],
] as const;
const OTHERS = [
  [2, 2, 5, 4],
  [2, 2, 5, 3],
] as const;

describe('Attention', () => {
  testOperator([
    attention([2, 2, 3, 4], OTHERS),
    attention([2, 2, 3, 4], SQUARE, { ints: { is_causal: 1 }, note: 'causal' }),
    attention([2, 2, 3, 4], OTHERS, { floats: { scale: 0.3 }, note: 'scaled' }),
    attention([2, 2, 3, 4], OTHERS, { floats: { softcap: 0.5 }, note: 'capped' }),
    attention([2, 2, 3, 4], OTHERS, { mask: floats([3, 5], 3), note: 'added' }),
    attention([2, 2, 3, 4], OTHERS, { mask: floats([2, 1, 3, 5], 3), note: 'added per clip' }),
    attention([2, 2, 3, 4], OTHERS, {
      mask: booleans([3, 5], [1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1]),
      floats: { softcap: 2 },
      note: 'masked and capped',
    }),
    attention([2, 2, 3, 4], SQUARE, {
      ints: { is_causal: 1 },
      mask: floats([3, 3], 3),
      note: 'causal and added',
    }),
    attention(
      [2, 6, 3, 4],
      [
        [2, 2, 5, 4],
        [2, 2, 5, 3],
      ],
      { note: 'shared by three heads each' },
    ),
    attention(
      [2, 4, 3, 4],
      [
        [2, 1, 5, 4],
        [2, 1, 5, 4],
      ],
      { note: 'shared by all heads' },
    ),
    attention(
      [2, 3, 8],
      [
        [2, 5, 8],
        [2, 5, 6],
      ],
      { ints: { q_num_heads: 2, kv_num_heads: 2 }, note: 'flat' },
    ),
    attention(
      [2, 3, 16],
      [
        [2, 5, 8],
        [2, 5, 6],
      ],
      { ints: { q_num_heads: 4, kv_num_heads: 2 }, note: 'flat, shared' },
    ),
  ]);

  test.each([
    [
      'heads that cannot share keys',
      attention([2, 3, 3, 4], OTHERS),
      '3 heads of the queries cannot share 2 heads',
    ],
    ['flat queries without heads', attention([2, 3, 8], OTHERS), 'q_num_heads is 0'],
    [
      'keys of another width',
      attention([2, 2, 3, 6], OTHERS),
      'queries, keys and values of dims [2, 2, 3, 6], [2, 2, 5, 4], [2, 2, 5, 3] do not fit',
    ],
    [
      'a mask of other lengths',
      attention([2, 2, 3, 4], OTHERS, { mask: floats([3, 4], 3) }),
      'attn_mask [3, 4] does not fit products of dims [2, 2, 3, 5]',
    ],
  ])('with %s is refused by the name of the node', (_, testCase, why) => {
    expect(refusalOf(testCase)).toContain(`node "Attention_3" (Attention): `);
    expect(refusalOf(testCase)).toContain(why);
  });

  test('with keys of earlier calls is refused', () => {
    const plain = attention([2, 2, 3, 4], OTHERS);
    const withPast = {
      ...plain,
      nodes: {
        op: 'Attention',
        inputs: ['x', 'keys.k', 'values.v', '', 'keys.k', 'values.v'],
        outputs: ['y'],
      },
    };
    expect(refusalOf(withPast)).toContain('export the network without a cache');
  });
});
