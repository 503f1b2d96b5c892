/**
 * The rules that only networks from files need against differences of their own forward pass: arithmetic at large,
 * rearranging, attention, convolutions and pools of any form.
 */
import { LINEAR_STEP, ofOne, one, testDerivatives, three, two } from '../../test/support/rule-cases.ts';
import type { Case, ImportedOperation } from '../../test/support/rule-cases.ts';
import { compare, multiply } from '../graph/elementwise.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Result } from './rule.ts';
import { RULES } from './rules.ts';
import type { Operations } from './rules.ts';

const extremes = (name: 'maximum' | 'minimum'): Case[] => [
  {
    inputs: [
      { dims: [4, 3], values: 'distinct' },
      { dims: [1, 3], values: 'positive' },
    ],
    apply: two((graph, [a, b]) => RULES[name](graph, [a, multiply(graph, b, graph.scalar(4.2))], {})),
    by: [0],
    step: 0.01,
  },
];

const rearranged = <
  Name extends 'reshape' | 'transpose' | 'expand' | 'pad' | 'slice' | 'gather' | 'sumOver' | 'meanOver',
>(
  name: Name,
  dims: readonly number[],
  options: Operations[Name]['options'],
): Case[] => [
  {
    inputs: [{ dims }],
    note: JSON.stringify(options),
    apply: one((graph, inputs) => {
      const rule: (graph: Graph, inputs: readonly [Value], options: Operations[Name]['options']) => Result =
        RULES[name];
      return rule(graph, inputs, options);
    }),
    step: LINEAR_STEP,
  },
];

const softmaxCase = (name: 'softmax' | 'logSoftmax', axis: number): Case => ({
  inputs: [{ dims: [4, 3, 5] }],
  note: `axis ${axis}`,
  apply: one((graph, inputs) => RULES[name](graph, inputs, { axis })),
});

const general = (
  x: readonly number[],
  weights: readonly number[],
  options: Partial<Operations['convolution']['options']>,
): Case => {
  const all = (value: number): readonly number[] => weights.slice(2).map(() => value);
  const filled = {
    strides: all(1),
    padsBefore: all(0),
    padsAfter: all(0),
    dilations: all(1),
    groups: 1,
    ...options,
  };
  return {
    inputs: [{ dims: x }, { dims: weights }],
    note: JSON.stringify(options),
    apply: two((graph, inputs) => RULES.convolution(graph, inputs, filled)),
    step: LINEAR_STEP,
  };
};

const volume = (
  x: readonly number[],
  [channels, length, side]: readonly [number, number, number],
  steps: {
    readonly stride: 1 | 2;
    readonly padding: number;
    readonly time: number;
    readonly around: number;
  },
): Case => ({
  inputs: [{ dims: x }, { dims: [channels, x[0]!, length, side, side] }],
  note: JSON.stringify(steps),
  apply: two((graph, inputs) =>
    RULES.volumeConvolution(graph, inputs, {
      temporalStride: steps.time,
      temporalPadding: steps.around,
      space: { stride: steps.stride, padding: steps.padding },
    }),
  ),
  step: LINEAR_STEP,
});

const pooled = (
  name: 'axisMaxPool' | 'axisSumPool',
  dims: readonly number[],
  options: Operations['axisMaxPool']['options'],
): Case => ({
  inputs: [{ dims, values: 'distinct' }],
  note: JSON.stringify(options),
  apply: one((graph, inputs) => RULES[name](graph, inputs, options)),
  step: 0.25,
});

const products = (transposeB: boolean, pairs: readonly (readonly (readonly number[])[])[]): Case[] =>
  pairs.map(([a, b]) => ({
    inputs: [{ dims: a! }, { dims: b! }],
    note: transposeB ? 'the second transposed' : 'as they are',
    apply: two((graph, inputs) => RULES.matrixMultiply(graph, inputs, { transposeB })),
    step: LINEAR_STEP,
  }));

const resampled = (
  dims: readonly number[],
  axis: number,
  sums: Operations['resample']['options']['sums'],
): Case => ({
  inputs: [{ dims }],
  note: `axis ${axis} to ${sums.length}`,
  apply: one((graph, inputs) => RULES.resample(graph, inputs, { axis, sums })),
  step: LINEAR_STEP,
});

/** The axis with its elements mirrored at both ends. */
const mirrored = (length: number): Operations['resample']['options']['sums'] =>
  [1, ...Array.from({ length }, (_, index) => index), length - 2].map((position) => [
    { position, weight: 1 },
  ]);

/** Evenly spaced places, each between two elements. */
const between = (length: number, count: number): Operations['resample']['options']['sums'] =>
  Array.from({ length: count }, (_, index) => {
    const place = (index * (length - 1)) / count;
    const [position, part] = [Math.floor(place), place % 1];
    return [
      { position, weight: 1 - part },
      { position: position + 1, weight: part },
    ];
  });

const standardized = (dims: readonly number[], axes: readonly number[], isCentred: boolean): Case => ({
  inputs: [{ dims }],
  note: `axes ${axes.join(', ')}${isCentred ? '' : ', not centred'}`,
  apply: one((graph, inputs) => RULES.standardize(graph, inputs, { axes, epsilon: 1e-2, isCentred })),
});

const CASES: Readonly<Record<ImportedOperation, readonly Case[]>> = {
  maximum: extremes('maximum'),
  minimum: extremes('minimum'),
  erf: ofOne('erf', 'mixed'),
  absolute: ofOne('absolute', 'awayFromZero'),
  negate: ofOne('negate', 'mixed'),
  reciprocal: ofOne('reciprocal', 'positive'),
  softplus: ofOne('softplus', 'mixed'),
  sine: ofOne('sine', 'mixed'),
  cosine: ofOne('cosine', 'mixed'),
  power: [2, 0.5, -1.5].map((exponent) => ({
    inputs: [{ dims: [4, 5], values: 'positive' }],
    note: `exponent ${exponent}`,
    apply: one((graph, inputs) => RULES.power(graph, inputs, { exponent })),
  })),
  clamp: [
    { least: 6.5, most: 20.5 },
    { least: -Infinity, most: 11.5 },
  ].map((options) => ({
    inputs: [{ dims: [5, 6], values: 'distinct' }],
    note: `${options.least} to ${options.most}`,
    apply: one((graph, inputs) => RULES.clamp(graph, inputs, options)),
    step: 0.25,
  })),
  select: [
    {
      inputs: [{ dims: [3, 4], values: 'distinct' }, { dims: [3, 4] }, { dims: [1, 4] }],
      by: [1, 2],
      apply: three((graph, [key, a, b]) =>
        RULES.select(graph, [compare(graph, 'Greater', key, graph.scalar(5)), a, b], {}),
      ),
      step: LINEAR_STEP,
    },
  ],
  reshape: rearranged('reshape', [2, 6], { dims: [3, 4] }),
  transpose: rearranged('transpose', [2, 3, 4], { permutation: [2, 0, 1] }),
  expand: rearranged('expand', [3, 1, 2], { dims: [4, 3, 5, 2] }),
  pad: rearranged('pad', [3, 4], { paddings: [{ axis: 1, before: 2, after: 1 }], fill: 0.5 }),
  slice: [
    ...rearranged('slice', [5, 7], {
      ranges: [
        { axis: 0, start: 1, end: 4 },
        { axis: 1, start: 1, end: 7, step: 3 },
      ],
    }),
    ...rearranged('slice', [2, 6, 3], { ranges: [{ axis: 1, start: 0, end: 5, step: 2 }] }),
  ],
  concat: [
    {
      inputs: [{ dims: [2, 3, 2] }, { dims: [2, 1, 2] }],
      apply: (graph, inputs) => RULES.concat(graph, inputs, { axis: 1 }),
      step: LINEAR_STEP,
    },
  ],
  gather: [
    ...rearranged('gather', [4, 3], { axis: 0, positions: [2, 0, 2, 2, 3] }),
    ...rearranged('gather', [2, 5, 2], { axis: 1, positions: [4, 1] }),
  ],
  resample: [
    resampled([4, 3, 2], 0, mirrored(4)),
    resampled([2, 3], 1, mirrored(3)),
    resampled([3, 5], 1, between(5, 8)),
    resampled([2, 6, 3], 1, between(6, 3)),
    resampled([2, 3, 2], 1, [[{ position: 1, weight: 1 }]]),
    resampled(
      [2, 3, 2],
      1,
      Array.from({ length: 40 }, () => [{ position: 2, weight: 1 }]),
    ),
  ],
  sumOver: rearranged('sumOver', [2, 3, 4], { axes: [0, 2], keepAxes: false }),
  meanOver: [
    ...rearranged('meanOver', [2, 3, 4], { axes: [1], keepAxes: true }),
    ...rearranged('meanOver', [2, 3, 4], { axes: [1, 2], keepAxes: false }),
  ],
  matrixMultiply: [
    ...products(false, [
      [
        [3, 4],
        [4, 2],
      ],
      [
        [2, 3, 4],
        [4, 5],
      ],
      [
        [2, 3, 5, 4],
        [3, 4, 2],
      ],
      [
        [1, 3, 2],
        [4, 2, 3],
      ],
    ]),
    ...products(true, [
      [
        [2, 3, 4],
        [5, 4],
      ],
      [
        [2, 3, 4],
        [1, 5, 4],
      ],
    ]),
  ],
  softmax: [0, 1].map((axis) => softmaxCase('softmax', axis)),
  logSoftmax: [0, 2].map((axis) => softmaxCase('logSoftmax', axis)),
  layerNorm: [
    [[3, 2, 5], [5]],
    [
      [4, 2, 3],
      [2, 3],
    ],
  ].map((dims) => ({
    inputs: [{ dims: dims[0]! }, { dims: dims[1]! }, { dims: dims[1]! }],
    apply: three((graph, inputs) => RULES.layerNorm(graph, inputs, { epsilon: 1e-2 })),
  })),
  standardize: [
    standardized([3, 7], [1], true),
    standardized([2, 3, 4, 5], [1, 3], true),
    standardized([3, 2, 5], [0, 2], true),
    standardized([4, 1, 3], [1, 2], true),
    standardized([3, 7], [1], false),
    standardized([2, 4, 3], [0, 1], false),
  ],
  convolution: [
    general([2, 3, 5], [4, 3, 3], { strides: [2], padsBefore: [1], padsAfter: [0] }),
    general([2, 3, 6, 5], [4, 3, 3, 2], {}),
    general([2, 2, 4, 5], [2, 2, 1, 1], { padsBefore: [1, 2], padsAfter: [0, 1] }),
    general([1, 4, 7, 8], [6, 2, 3, 3], {
      groups: 2,
      strides: [2, 3],
      padsBefore: [1, 1],
      padsAfter: [1, 1],
    }),
    general([2, 4, 5, 5], [4, 2, 3, 3], { groups: 2, padsBefore: [1, 1], padsAfter: [1, 1] }),
    general([2, 3, 4, 6, 5], [3, 1, 3, 3, 3], {
      groups: 3,
      strides: [1, 2, 2],
      padsBefore: [1, 1, 1],
      padsAfter: [1, 1, 1],
    }),
    general([1, 3, 4, 4, 4], [3, 1, 3, 3, 3], { groups: 3, padsBefore: [1, 1, 1], padsAfter: [1, 1, 1] }),
    general([2, 2, 4, 9, 8], [3, 2, 2, 4, 4], { strides: [2, 4, 4] }),
    general([1, 2, 9, 8], [2, 2, 3, 2], { dilations: [2, 3], padsBefore: [2, 1], padsAfter: [1, 0] }),
    general([1, 2, 11, 9], [2, 2, 3, 2], { dilations: [2, 3], strides: [3, 2], padsBefore: [1, 1] }),
  ],
  volumeConvolution: [
    volume([2, 2, 4, 5, 4], [3, 3, 3], { stride: 1, padding: 1, time: 1, around: 1 }),
    volume([2, 1, 1, 4, 5], [3, 3, 3], { stride: 1, padding: 1, time: 1, around: 1 }),
    volume([2, 2, 5, 6, 5], [3, 3, 3], { stride: 2, padding: 1, time: 2, around: 1 }),
    volume([3, 1, 4, 4, 4], [2, 2, 3], { stride: 1, padding: 0, time: 1, around: 0 }),
  ],
  axisMaxPool: [
    pooled('axisMaxPool', [2, 7, 3], { axis: 1, length: 3, stride: 2, before: 1, after: 1 }),
    pooled('axisMaxPool', [3, 6], { axis: 1, length: 2, stride: 2, before: 0, after: 0 }),
    pooled('axisMaxPool', [5, 2, 2], { axis: 0, length: 3, stride: 1, before: 1, after: 1 }),
  ],
  axisSumPool: [
    pooled('axisSumPool', [2, 7, 3], { axis: 1, length: 3, stride: 2, before: 1, after: 1 }),
    pooled('axisSumPool', [3, 6], { axis: 1, length: 6, stride: 6, before: 0, after: 0 }),
  ],
};

/** Operations that are written in another way for a GPU. */
const { resample } = CASES;

testDerivatives(CASES);
testDerivatives({ resample }, 'cuda');
