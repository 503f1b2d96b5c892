/**
 * Small networks that no rounding tips over: smooth activations, no maximum anywhere, so that gradients of two ways to compute the
 * same can be compared to their last digits. In: a front. Out: a `Network`, built from the zoo's operations or read from a file,
 * with parameters that are nowhere 0.
 */
import type { NetworkFront } from '../../trainer-image/models/forward.ts';
import { PUBLISHED_PIXELS } from '../../multigrid/contract/pixels.ts';
import { BATCH_NORM_EPSILON } from '../../trainer-image/models/normalization-statistics.ts';
import type { Network, ParameterInfo } from '../../trainer-image/models/network.ts';
import { createOnnxNetwork } from '../../trainer-image/models/onnx/create-onnx-network.ts';
import { readModel } from '../../trainer-image/models/onnx/read-model.ts';
import { buildTrainingGraph } from '../../trainer-image/models/training-graph.ts';
import type { Tape } from '../../trainer-image/autodiff/tape.ts';
import type { Value } from '../../trainer-image/graph/value.ts';
import { fixtureParameter } from './fixture-values.ts';
import { type FileNode, type FileTensor, writeOnnxFile } from './onnx-file.ts';

const CLASSES = 3;
const [STEM, INNER] = [6, 4];
const SEED = 11;

const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  'stem.weight': [STEM, 3, 1, 3, 3],
  'narrow.weight': [INNER, STEM, 1, 1, 1],
  'wide.weight': [STEM, INNER, 1, 3, 3],
  'head.weight': [CLASSES, STEM],
  'head.bias': [CLASSES],
};
const NORMS: Readonly<Record<string, number>> = { stem: STEM, narrow: INNER, wide: STEM };

type Choices = Parameters<NetworkFront['forward']>[2];

/** Stem, one residual block, mean, classifier: the operations of the zoo. */
export function smoothZooNetwork(): Network {
  const dims: Readonly<Record<string, readonly number[]>> = {
    ...WEIGHTS,
    ...Object.fromEntries(
      Object.entries(NORMS).flatMap(([label, channels]) =>
        ['gamma', 'beta'].map((role) => [`${label}.norm.${role}`, [channels]]),
      ),
    ),
  };
  const parameters: readonly ParameterInfo[] = Object.entries(dims).map(([name, of]) => ({
    name,
    dims: of,
    role: name.endsWith('.weight') ? 'weight' : 'bias',
    decay: false,
  }));
  const front: NetworkFront = {
    ...{ name: 'smooth', numClasses: CLASSES, dropout: 0, loss: 'crossEntropy', features: STEM },
    ...{ parameters, frozen: [], pixels: PUBLISHED_PIXELS, forward },
  };
  // Everything but training graphs is that of the network from a file.
  return {
    ...smoothOnnxNetwork(),
    ...front,
    normalizations: Object.entries(NORMS).map(([label, channels]) => ({ name: `${label}.norm`, channels })),
    initialValues: () =>
      new Map(parameters.map(({ name, dims: of }) => [name, fixtureParameter(name, of, SEED)])),
    trainingGraph: (shape, options) => buildTrainingGraph(front, shape, options),
  };
}

function forward(tape: Tape, pixels: Value, choices: Choices): Value {
  const weights = (label: string): Value =>
    tape.apply('cast', label, [choices.stored(`${label}.weight`)], { type: choices.activations }).output;
  const normalized = (label: string, x: Value): Value =>
    choices.normalize(
      `${label}.norm`,
      [x, choices.stored(`${label}.norm.gamma`), choices.stored(`${label}.norm.beta`)],
      BATCH_NORM_EPSILON,
    );
  const bent = (label: string, x: Value): Value => tape.apply('tanh', label, [x], {}).output;
  const stem = tape.apply('stemConvolution', 'stem', [pixels, weights('stem')], { stride: 2 }).output;
  const x = bent('stem', normalized('stem', stem));
  const y = tape.block(() => {
    const narrow = tape.apply('pointwiseConvolution', 'narrow', [x, weights('narrow')], { stride: 1 }).output;
    const inner = bent('narrow', normalized('narrow', narrow));
    const options = { stride: 1, padding: 1 } as const;
    const wide = tape.apply('spatialConvolution', 'wide', [inner, weights('wide')], options).output;
    return bent('sum', tape.apply('add', 'sum', [x, normalized('wide', wide)], {}).output);
  });
  const plain = tape.apply('cast', 'head', [y], { type: 'float32' }).output;
  const pooled = tape.apply('meanPool', 'head', [plain], {}).output;
  const head = [choices.stored('head.weight'), choices.stored('head.bias')] as const;
  return tape.apply('linear', 'head', [pooled, ...head], {}).output;
}

const CONVOLVE = { kernel_shape: [1, 3, 3], strides: [1, 2, 2], pads: [0, 1, 1, 0, 1, 1] };

function normNode(label: string, input: string): FileNode {
  const stored = ['weight', 'bias', 'mean', 'variance'].map((kind) => `${label}.norm.${kind}`);
  return { op: 'BatchNormalization', inputs: [input, ...stored], outputs: [`${label}.normalized`] };
}

const NODES: readonly FileNode[] = [
  { op: 'Conv', inputs: ['clip', 'stem.weight'], outputs: ['stem.out'], ints: CONVOLVE },
  normNode('stem', 'stem.out'),
  { op: 'Tanh', inputs: ['stem.normalized'], outputs: ['x'] },
  { op: 'Conv', inputs: ['x', 'narrow.weight'], outputs: ['narrow.out'], ints: { kernel_shape: [1, 1, 1] } },
  normNode('narrow', 'narrow.out'),
  { op: 'Sigmoid', inputs: ['narrow.normalized'], outputs: ['inner'] },
  {
    ...{ op: 'Conv', inputs: ['inner', 'wide.weight'], outputs: ['wide.out'] },
    ints: { ...CONVOLVE, strides: [1, 1, 1] },
  },
  normNode('wide', 'wide.out'),
  { op: 'Add', inputs: ['x', 'wide.normalized'], outputs: ['sum'] },
  { op: 'Tanh', inputs: ['sum'], outputs: ['y'] },
  { op: 'GlobalAveragePool', inputs: ['y'], outputs: ['pooled'] },
  { op: 'Flatten', inputs: ['pooled'], outputs: ['features'], ints: { axis: 1 } },
  { op: 'Gemm', inputs: ['features', 'head.weight', 'head.bias'], outputs: ['logits'], ints: { transB: 1 } },
];

/** The same layers, as a file has them. */
export function smoothOnnxNetwork(): Network {
  const tensor = (name: string, dims: readonly number[]): readonly [string, FileTensor] => [
    name,
    { type: 'float', dims, data: fixtureParameter(name, dims, SEED) },
  ];
  const constant = (name: string, channels: number, value: number): readonly [string, FileTensor] => [
    name,
    { type: 'float', dims: [channels], data: new Float32Array(channels).fill(value) },
  ];
  const tensors = Object.fromEntries([
    ...Object.entries(WEIGHTS).map(([name, dims]) => tensor(name, dims)),
    ...Object.entries(NORMS).flatMap(([label, channels]) => [
      constant(`${label}.norm.weight`, channels, 0.7),
      constant(`${label}.norm.bias`, channels, 0.1),
      constant(`${label}.norm.mean`, channels, 0),
      constant(`${label}.norm.variance`, channels, 1),
    ]),
  ]);
  const file = writeOnnxFile({ opset: 18, nodes: NODES, tensors, output: 'logits' });
  const options = { numClasses: CLASSES, dropout: 0, loss: 'crossEntropy' } as const;
  return createOnnxNetwork(
    readModel(file, () => new Uint8Array()),
    options,
  );
}
