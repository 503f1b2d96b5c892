/**
 * One micro-batch's forward, loss and backward as one ONNX model. In: a network and the shape of a micro-batch. Out: the
 * model's bytes and what the trainer needs to feed it. The contract is `TrainingGraph` in `network.ts`.
 */
import { Tape } from '../autodiff/tape.ts';
import { exchangesOf } from '../graph/exchange.ts';
import { Graph } from '../graph/graph.ts';
import { closeTrainingGraph } from './close-training-graph.ts';
import type { ReachedLogits } from './close-training-graph.ts';
import { clipInput, emitForward } from './forward.ts';
import type { NetworkFront } from './forward.ts';
import type { GraphOptions, StepShape, TrainingGraph } from './network.ts';

export function buildTrainingGraph(
  front: NetworkFront,
  shape: StepShape,
  options: GraphOptions = {},
): TrainingGraph {
  const { tape, reached, valuesPerGroup } = trainingForward(front, shape, options);
  return {
    model: closeTrainingGraph(tape, reached),
    exchanges: exchangesOf(tape.graph),
    hasDropout: front.dropout > 0,
    hasLossScale: reached.lossScale !== undefined,
    valuesPerGroup,
  };
}

/** The first half of a training graph: enough to see whether the network can take a shape. */
export function trainingForward(
  front: NetworkFront,
  shape: StepShape,
  { device, precision = 'float32', recomputes = false }: GraphOptions = {},
): {
  readonly tape: Tape;
  readonly reached: ReachedLogits;
  readonly valuesPerGroup: ReadonlyMap<string, number>;
} {
  const { clips, groups, spanningClips } = shape;
  const { name, numClasses, dropout, features, loss } = front;
  const graph = new Graph(device);
  const tape = new Tape(graph, { recomputesBlocks: recomputes });
  const isMixed = precision === 'mixed';
  const clip = clipInput(graph, shape);
  const target = graph.input('target', 'float32', [clips, numClasses]);
  const dropoutMask = dropout > 0 ? graph.input('dropoutMask', 'float32', [features, clips]) : null;
  const lossScale = isMixed ? graph.input('lossScale', 'float32', []) : undefined;
  const valuesPerGroup = new Map<string, number>();
  const { logits, parameters } = emitForward(tape, front, clip, {
    activations: isMixed ? 'float16' : 'float32',
    dropoutMask,
    normalize: (norm, inputs, epsilon) => {
      const result = tape.apply('batchNorm', norm, inputs, { groups, epsilon, spanningClips });
      graph.output(`mean/${norm}`, result.mean);
      graph.output(`variance/${norm}`, result.variance);
      valuesPerGroup.set(norm, result.valuesPerGroup);
      return result.output;
    },
  });
  return { tape, reached: { name, target, logits, parameters, loss, lossScale }, valuesPerGroup };
}
