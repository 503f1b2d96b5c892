/**
 * One micro-batch's forward, loss and backward as one ONNX model. In: a network and the shape of a micro-batch. Out: the
 * model's bytes and what the trainer needs to feed it. The contract is `TrainingGraph` in `network.ts`.
 */
import { Tape } from '../autodiff/tape.ts';
import { Graph } from '../graph/graph.ts';
import { closeTrainingGraph } from './close-training-graph.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import type { GraphOptions, NetworkSpec, StepShape, TrainingGraph } from './network.ts';
import type { NetworkFunction } from './network-function.ts';
import { TapeLayers } from './tape-layers.ts';

export function buildTrainingGraph(
  network: NetworkFunction,
  spec: NetworkSpec,
  shape: StepShape,
  {
    features,
    device,
    precision = 'float32',
    recomputes = false,
  }: GraphOptions & { readonly features: number },
): TrainingGraph {
  const { clips, groups, frames, cropSize } = shape;
  const graph = new Graph(device);
  const tape = new Tape(graph, { recomputesBlocks: recomputes });
  const hasDropout = spec.dropout > 0;
  const hasLossScale = precision === 'mixed';
  const activations = hasLossScale ? 'float16' : 'float32';
  const clip = graph.input('clip', 'uint8', [clips, frames, cropSize, cropSize, 3]);
  const target = graph.input('target', 'float32', [clips, spec.numClasses]);
  const mask = hasDropout ? graph.input('dropoutMask', 'float32', [features, clips]) : undefined;
  const scale = hasLossScale ? graph.input('lossScale', 'float32', []) : undefined;
  const valuesPerGroup = new Map<string, number>();
  const layers = new TapeLayers(tape, {
    numClasses: spec.numClasses,
    activations,
    normalize: (name, x, gamma, beta) => {
      const options = { groups, epsilon: BATCH_NORM_EPSILON };
      const result = tape.apply('batchNorm', name, [x, gamma, beta], options);
      graph.output(`mean/${name}`, result.mean);
      graph.output(`variance/${name}`, result.variance);
      valuesPerGroup.set(name, result.valuesPerGroup);
      return result.output;
    },
    dropout: (values) =>
      mask === undefined ? values : tape.apply('multiply', 'head.dropout', [values, mask], {}).output,
  });
  const { output: pixels } = tape.apply('normalizeClip', 'clip', [clip], { type: activations });
  const logits = network(layers, spec, pixels);
  const model = closeTrainingGraph(tape, {
    name: spec.family,
    target,
    logits,
    parameters: layers.parameters,
    loss: spec.loss ?? 'crossEntropy',
    lossScale: scale,
  });
  return { model, features, hasDropout, hasLossScale, valuesPerGroup };
}
