/**
 * One micro-batch's forward, loss and backward as one ONNX model. In: a network and the shape of a micro-batch. Out: the
 * model's bytes and what the trainer needs to feed it. The contract is `TrainingGraph` in `network.ts`.
 */
import { emitGradients } from '../autodiff/backward.ts';
import { Tape } from '../autodiff/tape.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import type { NetworkSpec, StepShape, TrainingGraph } from './network.ts';
import type { NetworkFunction } from './network-function.ts';
import { TapeLayers } from './tape-layers.ts';

export function buildTrainingGraph(
  network: NetworkFunction,
  spec: NetworkSpec,
  features: number,
  shape: StepShape,
): TrainingGraph {
  const { clips, groups, frames, cropSize } = shape;
  const graph = new Graph();
  const tape = new Tape(graph);
  const hasDropout = spec.dropout > 0;
  const clip = graph.input('clip', 'uint8', [clips, frames, cropSize, cropSize, 3]);
  const target = graph.input('target', 'float32', [clips, spec.numClasses]);
  const mask = hasDropout ? graph.input('dropoutMask', 'float32', [features, clips]) : undefined;
  const valuesPerGroup = new Map<string, number>();
  const layers = new TapeLayers(tape, {
    numClasses: spec.numClasses,
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
  const { output: pixels } = tape.apply('normalizeClip', 'clip', [clip], {});
  const logits = network(layers, spec, pixels);
  const lossOperation = spec.loss === 'binaryCrossEntropy' ? 'binaryCrossEntropy' : 'softmaxCrossEntropy';
  const { output: loss } = tape.apply(lossOperation, 'loss', [logits, target], {});
  const gradients = emitGradients(tape, loss, layers.parameters);
  graph.output('loss', loss);
  graph.output('logits', logits);
  layers.parameters.forEach((parameter, index) => {
    graph.output(`gradient/${parameter.name}`, gradients[index]!);
  });
  const model = encodeModel(graph, { graphName: `${spec.family}-step` });
  return { model, features, hasDropout, valuesPerGroup };
}
