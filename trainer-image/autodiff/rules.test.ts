/**
 * Every rule of the table against differences of its own forward pass, at several shapes, strides, pads and groups. The
 * table of cases is typed by the table of rules: a rule without a case does not compile.
 */
import { describe, expect, test } from '@jest/globals';
import { compareDerivatives, randomDirection } from '../../test/support/directional-difference.ts';
import type { DifferenceCase } from '../../test/support/directional-difference.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Result } from './rule.ts';
import { RULES } from './rules.ts';
import type { OperationName, Operations } from './rules.ts';

/** Inputs by their dims: `mixed` in [-1, 1], `positive` in [0.5, 1.5], `distinct` whole numbers without ties. */
interface Input {
  readonly dims: readonly number[];
  readonly values?: 'mixed' | 'positive' | 'distinct' | 'awayFromZero';
}

interface Case {
  readonly inputs: readonly Input[];
  /** What the options are, for the name of the test. */
  readonly note?: string;
  readonly apply: DifferenceCase['apply'];
  /** Inputs that have a gradient; all when left out. */
  readonly by?: readonly number[];
  readonly step?: number;
}

type Apply<Name extends OperationName> = (graph: Graph, inputs: Operations[Name]['inputs']) => Result;

/** The differences of these are exact but for rounding, so the step may be long. */
const LINEAR_STEP = 1;
const SMOOTH_STEP = 0.05;
const TOLERANCE = 2e-4;

const one =
  (apply: Apply<'relu'>): Case['apply'] =>
  (graph, [x]) =>
    apply(graph, [x!]);
const two =
  (apply: (graph: Graph, inputs: readonly [Value, Value]) => Result): Case['apply'] =>
  (graph, [a, b]) =>
    apply(graph, [a!, b!]);
const three =
  (apply: (graph: Graph, inputs: readonly [Value, Value, Value]) => Result): Case['apply'] =>
  (graph, [a, b, c]) =>
    apply(graph, [a!, b!, c!]);

const arithmetic = (name: 'add' | 'subtract' | 'multiply' | 'divide'): Case[] =>
  [
    [
      [4, 3],
      [4, 3],
    ],
    [[4, 3], [3]],
    [
      [2, 1, 3],
      [2, 4, 1],
    ],
  ].map((dims) => ({
    inputs: [{ dims: dims[0]! }, { dims: dims[1]!, values: 'positive' }],
    apply: two((graph, inputs) => RULES[name](graph, inputs, {})),
  }));

const ofOne = (
  name: 'relu' | 'sigmoid' | 'tanh' | 'exp' | 'log' | 'sqrt',
  values: NonNullable<Input['values']>,
): Case[] => [
  { inputs: [{ dims: [5, 7], values }], apply: one((graph, inputs) => RULES[name](graph, inputs, {})) },
];

const pointwise = (x: readonly number[], channels: number, stride: 1 | 2): Case => ({
  inputs: [{ dims: x }, { dims: [channels, x[0]!, 1, 1, 1] }],
  note: `stride ${stride}`,
  apply: two((graph, inputs) => RULES.pointwiseConvolution(graph, inputs, { stride })),
  step: LINEAR_STEP,
});

const spatial = (
  x: readonly number[],
  channels: number,
  options: Operations['spatialConvolution']['options'],
  side = 3,
): Case => ({
  inputs: [{ dims: x }, { dims: [channels, x[0]!, 1, side, side] }],
  note: `stride ${options.stride}, padding ${options.padding}`,
  apply: two((graph, inputs) => RULES.spatialConvolution(graph, inputs, options)),
  step: LINEAR_STEP,
});

const temporal = (x: readonly number[], channels: number, length: number, stride: number): Case => ({
  inputs: [{ dims: x }, { dims: [channels, x[0]!, length, 1, 1] }],
  note: `stride ${stride}`,
  apply: two((graph, inputs) =>
    RULES.temporalConvolution(graph, inputs, { stride, padding: Math.floor(length / 2) }),
  ),
  step: LINEAR_STEP,
});

const stem = (
  x: readonly number[],
  channels: number,
  kernel: readonly [number, number],
  stride: number,
): Case => ({
  inputs: [{ dims: x }, { dims: [channels, 3, kernel[0], kernel[1], kernel[1]] }],
  note: `stride ${stride}`,
  apply: two((graph, inputs) => RULES.stemConvolution(graph, inputs, { stride })),
  by: [1],
  step: LINEAR_STEP,
});

const normalization = (x: readonly number[], groups: number, values: Input['values'] = 'mixed'): Case => ({
  inputs: [{ dims: x, values }, { dims: [x[0]!] }, { dims: [x[0]!] }],
  note: `${groups} groups, ${values}`,
  apply: three((graph, inputs) => RULES.batchNorm(graph, inputs, { groups, epsilon: 1e-5 })),
});

const attends = (
  looking: readonly number[],
  seen: readonly number[],
  similarity: Operations['attention']['options']['similarity'],
): Case => ({
  inputs: [{ dims: looking }, { dims: seen }, { dims: seen }],
  note: similarity,
  apply: three((graph, inputs) => RULES.attention(graph, inputs, { similarity })),
});

const CASES: Readonly<Record<Exclude<OperationName, 'normalizeClip'>, readonly Case[]>> = {
  add: arithmetic('add'),
  subtract: arithmetic('subtract'),
  multiply: arithmetic('multiply'),
  divide: arithmetic('divide'),
  relu: ofOne('relu', 'awayFromZero'),
  sigmoid: ofOne('sigmoid', 'mixed'),
  tanh: ofOne('tanh', 'mixed'),
  exp: ofOne('exp', 'mixed'),
  log: ofOne('log', 'positive'),
  sqrt: ofOne('sqrt', 'positive'),
  cast: [
    {
      inputs: [{ dims: [5, 7] }],
      apply: one((graph, inputs) => RULES.cast(graph, inputs, { type: 'float32' })),
      step: LINEAR_STEP,
    },
  ],
  pickFrames: [
    {
      inputs: [{ dims: [2, 2, 5, 2, 3] }],
      apply: one((graph, inputs) => RULES.pickFrames(graph, inputs, { positions: [0, 2, 2, 4] })),
    },
  ],
  concatChannels: [
    {
      inputs: [{ dims: [2, 3, 2, 2, 1] }, { dims: [1, 3, 2, 2, 1] }, { dims: [4, 3, 2, 2, 1] }],
      apply: (graph, inputs) => RULES.concatChannels(graph, inputs, {}),
    },
  ],
  pointwiseConvolution: [
    pointwise([3, 2, 2, 4, 4], 5, 1),
    pointwise([3, 2, 1, 4, 6], 5, 2),
    pointwise([2, 1, 2, 5, 3], 4, 2),
  ],
  spatialConvolution: [
    spatial([3, 2, 2, 4, 5], 4, { stride: 1, padding: 1 }),
    spatial([2, 1, 3, 6, 6], 3, { stride: 1, padding: 0 }),
    spatial([2, 2, 1, 6, 7], 3, { stride: 1, padding: 2 }, 5),
    spatial([65, 1, 1, 3, 4], 2, { stride: 1, padding: 1 }),
    spatial([65, 1, 1, 5, 4], 2, { stride: 2, padding: 1 }),
    spatial([3, 2, 2, 4, 4], 4, { stride: 2, padding: 1 }),
    spatial([3, 1, 2, 5, 4], 4, { stride: 2, padding: 1 }),
    spatial([3, 2, 1, 5, 7], 2, { stride: 2, padding: 1 }),
    spatial([2, 2, 1, 2, 2], 2, { stride: 2, padding: 1 }),
    spatial([2, 1, 1, 8, 7], 2, { stride: 2, padding: 2 }, 5),
  ],
  temporalConvolution: [
    temporal([3, 2, 4, 2, 3], 4, 3, 1),
    temporal([3, 2, 1, 2, 3], 4, 3, 1),
    temporal([2, 2, 8, 2, 2], 4, 5, 4),
    temporal([2, 1, 4, 2, 2], 3, 5, 4),
    temporal([2, 1, 8, 1, 2], 3, 7, 4),
    temporal([2, 2, 7, 2, 1], 3, 3, 2),
  ],
  stemConvolution: [
    stem([1, 2, 4, 8, 24], 2, [1, 5], 2),
    stem([1, 2, 4, 9, 21], 2, [5, 5], 2),
    stem([1, 1, 2, 8, 24], 2, [5, 7], 2),
    stem([1, 2, 1, 11, 24], 2, [5, 5], 2),
    stem([1, 1, 3, 5, 18], 2, [3, 3], 1),
  ],
  batchNorm: [
    normalization([3, 4, 2, 3, 2], 1),
    normalization([3, 4, 2, 3, 2], 2),
    normalization([2, 6, 1, 2, 3], 3),
    normalization([2, 4, 3, 2, 2], 4),
    normalization([2, 4, 3, 2, 2], 1, 'positive'),
  ],
  spatialMaxPool: [
    [2, 1, 2, 6, 6],
    [1, 2, 2, 5, 7],
    [2, 2, 1, 4, 5],
  ].map((dims) => ({
    inputs: [{ dims, values: 'distinct' }],
    apply: one((graph, inputs) => RULES.spatialMaxPool(graph, inputs, {})),
    step: 0.25,
  })),
  temporalMaxPool: [
    [2, 2, 4, 3, 2],
    [2, 1, 5, 2, 3],
    [1, 2, 2, 2, 2],
  ].map((dims) => ({
    inputs: [{ dims, values: 'distinct' }],
    apply: one((graph, inputs) => RULES.temporalMaxPool(graph, inputs, {})),
    step: 0.25,
  })),
  pairMaxPool: [
    [2, 1, 2, 4, 6],
    [1, 2, 2, 5, 3],
  ].map((dims) => ({
    inputs: [{ dims, values: 'distinct' }],
    apply: one((graph, inputs) => RULES.pairMaxPool(graph, inputs, {})),
    step: 0.25,
  })),
  channelBias: [
    {
      inputs: [{ dims: [3, 2, 2, 1, 4] }, { dims: [3] }],
      apply: two((graph, inputs) => RULES.channelBias(graph, inputs, {})),
      step: LINEAR_STEP,
    },
  ],
  attention: [
    attends([2, 1, 2, 3, 4], [2, 1, 2, 1, 2], 'softmax'),
    attends([3, 2, 2, 2, 2], [3, 2, 2, 1, 2], 'softmax'),
    attends([2, 1, 2, 3, 4], [2, 1, 2, 1, 2], 'dot-product'),
    attends([3, 2, 2, 2, 2], [3, 2, 2, 1, 2], 'dot-product'),
  ],
  meanPool: [
    { inputs: [{ dims: [3, 2, 2, 3, 2] }], apply: one((graph, inputs) => RULES.meanPool(graph, inputs, {})) },
  ],
  linear: [
    {
      inputs: [{ dims: [5, 3] }, { dims: [4, 5] }, { dims: [4] }],
      apply: three((graph, inputs) => RULES.linear(graph, inputs, {})),
    },
  ],
  softmaxCrossEntropy: [
    {
      inputs: [{ dims: [3, 4] }, { dims: [3, 4], values: 'positive' }],
      by: [0],
      apply: two((graph, [logits, target]) => RULES.softmaxCrossEntropy(graph, [logits, target], {})),
    },
  ],
  binaryCrossEntropy: [
    {
      inputs: [{ dims: [3, 4] }, { dims: [3, 4], values: 'positive' }],
      by: [0],
      apply: two((graph, [logits, target]) => RULES.binaryCrossEntropy(graph, [logits, target], {})),
    },
  ],
};

/** Operations that are written in another way for a GPU. */
const OTHER_ON_CUDA = [
  'pickFrames',
  'pointwiseConvolution',
  'spatialConvolution',
  'stemConvolution',
] as const;

const BY_DEVICE = [
  ...Object.entries(CASES).map(([operation, cases]) => [operation, 'cpu', cases] as const),
  ...OTHER_ON_CUDA.map((operation) => [operation, 'cuda', CASES[operation]] as const),
];

describe.each(BY_DEVICE)('the derivative of %s for %s', (operation, device, cases) => {
  test.each(cases.map((testCase, index) => [describeCase(testCase), testCase, index] as const))(
    'agrees with differences of the forward pass at %s',
    async (_, testCase, index) => {
      const inputs = testCase.inputs.map((input, position) => ({
        dims: input.dims,
        data: inputData(input, operation === 'softmaxCrossEntropy' && position === 1, 10 * index + position),
      }));
      const derivatives = await compareDerivatives({
        apply: testCase.apply,
        inputs,
        by: testCase.by ?? inputs.map((_input, position) => position),
        step: testCase.step ?? SMOOTH_STEP,
        seed: 100 + index,
        device,
      });
      for (const { input, rule, difference, scale } of derivatives) {
        expect({
          input,
          error: Math.abs(rule - difference) / scale < TOLERANCE ? 0 : { rule, difference },
        }).toEqual({
          input,
          error: 0,
        });
        expect(scale).toBeGreaterThan(0);
      }
    },
  );
});

function describeCase({ inputs, note }: Case): string {
  const shapes = inputs.map(({ dims }) => `[${dims.join(', ')}]`).join(' and ');
  return note === undefined ? shapes : `${shapes}, ${note}`;
}

/** Deterministic data; rows of a probability target are made to sum to 1. */
function inputData({ dims, values = 'mixed' }: Input, isDistribution: boolean, seed: number): Float32Array {
  const length = dims.reduce((product, axis) => product * axis, 1);
  const mixed = randomDirection(length, seed + 7);
  switch (values) {
    case 'mixed':
      return mixed;
    case 'positive': {
      const positive = mixed.map((value) => 1 + value / 2);
      return isDistribution ? normalizeRows(positive, dims[1]!) : positive;
    }
    case 'awayFromZero':
      return mixed.map((value) => (value < 0 ? value - 0.5 : value + 0.5));
    case 'distinct':
      return shuffledIntegers(mixed);
  }
}

function normalizeRows(values: Float32Array, columns: number): Float32Array {
  return values.map((value, index) => {
    const start = index - (index % columns);
    return value / values.slice(start, start + columns).reduce((sum, entry) => sum + entry, 0);
  });
}

/** Ranks of random numbers: whole numbers in random order, so that no step of the test changes which is largest. */
function shuffledIntegers(keys: Float32Array): Float32Array {
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
  const ranks = new Float32Array(keys.length);
  order.forEach((index, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}
