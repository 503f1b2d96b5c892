/**
 * The rules of the zoo's networks against differences of their own forward pass, at several shapes, strides, pads and
 * groups.
 */
import { LINEAR_STEP, ofOne, one, testDerivatives, three, two } from '../../test/support/rule-cases.ts';
import type { Case, ImportedOperation, Input } from '../../test/support/rule-cases.ts';
import { RULES } from './rules.ts';
import type { OperationName, Operations } from './rules.ts';

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

const CASES: Readonly<Record<Exclude<OperationName, ImportedOperation | 'normalizeClip'>, readonly Case[]>> =
  {
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
      stem([1, 2, 2, 8, 24], 2, [1, 5], 4),
      stem([1, 1, 2, 12, 33], 2, [3, 3], 4),
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
      {
        inputs: [{ dims: [3, 2, 2, 3, 2] }],
        apply: one((graph, inputs) => RULES.meanPool(graph, inputs, {})),
      },
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
const { pickFrames, pointwiseConvolution, spatialConvolution, stemConvolution } = CASES;
const OTHER_ON_CUDA = { pickFrames, pointwiseConvolution, spatialConvolution, stemConvolution };

testDerivatives(CASES);
testDerivatives(OTHER_ON_CUDA, 'cuda');
