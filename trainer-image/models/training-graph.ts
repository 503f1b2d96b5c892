/**
 * One micro-batch's forward, loss and backward as one ONNX model. In: a network and the shape of a micro-batch. Out: the
 * model's bytes and what the trainer needs to feed it. The contract is `TrainingGraph` in `network.ts`.
 */
import { emitGradients } from '../autodiff/backward.ts';
import { Tape } from '../autodiff/tape.ts';
import { multiply, unary } from '../graph/elementwise.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { reduce } from '../graph/reduce.ts';
import type { Value } from '../graph/value.ts';
import { concat, reshape } from '../graph/view.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import type { GraphOptions, NetworkSpec, StepShape, TrainingGraph } from './network.ts';
import type { NetworkFunction } from './network-function.ts';
import { TapeLayers } from './tape-layers.ts';

export function buildTrainingGraph(
  network: NetworkFunction,
  spec: NetworkSpec,
  shape: StepShape,
  { features, device, precision = 'float32' }: GraphOptions & { readonly features: number },
): TrainingGraph {
  const { clips, groups, frames, cropSize } = shape;
  const graph = new Graph(device);
  const tape = new Tape(graph);
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
  const lossOperation = spec.loss === 'binaryCrossEntropy' ? 'binaryCrossEntropy' : 'softmaxCrossEntropy';
  const { output: loss } = tape.apply(lossOperation, 'loss', [logits, target], {});
  const scaled = emitGradients(tape, loss, layers.parameters, scale);
  const gradients = scale === undefined ? scaled : unscaled(graph, scaled, scale);
  graph.output('loss', loss);
  graph.output('logits', logits);
  if (hasLossScale) {
    graph.output('gradientSquares', sumOfSquares(graph, gradients));
  }
  layers.parameters.forEach((parameter, index) => {
    graph.output(`gradient/${parameter.name}`, gradients[index]!);
  });
  const model = encodeModel(graph, { graphName: `${spec.family}-step` });
  return { model, features, hasDropout, hasLossScale, valuesPerGroup };
}

function unscaled(graph: Graph, gradients: readonly Value[], scale: Value): readonly Value[] {
  const factor = unary(graph, 'Reciprocal', scale);
  return gradients.map((gradient) => multiply(graph, gradient, factor));
}

/** One number that is finite if, and but for absurd sizes only if, all elements are. */
function sumOfSquares(graph: Graph, values: readonly Value[]): Value {
  const sums = values.map((value) =>
    reduce(graph, 'ReduceSumSquare', value, { axes: value.dims.map((_, axis) => axis) }),
  );
  const list = concat(
    graph,
    sums.map((sum) => reshape(graph, sum, [1])),
    0,
  );
  return reduce(graph, 'ReduceSum', list, { axes: [0] });
}
