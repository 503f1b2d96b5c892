/**
 * Forward with population statistics, for evaluation while training. In: a network and a shape. Out: the model's bytes;
 * parameters and statistics are inputs, so that it follows training without being built again.
 */
import { Tape } from '../autodiff/tape.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { batchNormalization } from '../graph/normalize.ts';
import { elementCount } from '../graph/value.ts';
import { reshape } from '../graph/view.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import type { EvaluationGraph, GraphOptions, NetworkSpec } from './network.ts';
import type { NetworkFunction } from './network-function.ts';
import { TapeLayers } from './tape-layers.ts';

export function buildEvaluationGraph(
  network: NetworkFunction,
  spec: NetworkSpec,
  shape: { readonly clips: number; readonly frames: number; readonly cropSize: number },
  { device }: GraphOptions,
): EvaluationGraph {
  const { clips, frames, cropSize } = shape;
  const graph = new Graph(device);
  const tape = new Tape(graph);
  const clip = graph.input('clip', 'uint8', [clips, frames, cropSize, cropSize, 3]);
  const layers = new TapeLayers(tape, {
    numClasses: spec.numClasses,
    activations: 'float32',
    normalize: (name, x, scale, bias) => {
      const channels = x.dims[0]!;
      const mean = graph.input(`mean/${name}`, 'float32', [channels]);
      const variance = graph.input(`variance/${name}`, 'float32', [channels]);
      const rows = reshape(graph, x, [1, channels, elementCount(x.dims) / channels]);
      const normalized = graph.scoped(name, () =>
        batchNormalization(graph, rows, { scale, bias, mean, variance }, BATCH_NORM_EPSILON),
      );
      return reshape(graph, normalized, x.dims);
    },
    dropout: (features) => features,
  });
  const { output: pixels } = tape.apply('normalizeClip', 'clip', [clip], {});
  graph.output('logits', network(layers, spec, pixels));
  return { model: encodeModel(graph, { graphName: `${spec.family}-evaluation` }) };
}
