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
import { clipInput, emitForward } from './forward.ts';
import type { NetworkFront } from './forward.ts';
import type { InputShape, EvaluationGraph, GraphOptions } from './network.ts';

export function buildEvaluationGraph(
  front: NetworkFront,
  shape: InputShape,
  { device }: GraphOptions = {},
): EvaluationGraph {
  const graph = new Graph(device);
  const { logits } = emitForward(new Tape(graph), front, clipInput(graph, shape), {
    activations: 'float32',
    dropoutMask: null,
    normalize: (name, [x, scale, bias], epsilon) => {
      const channels = x.dims[0]!;
      const mean = graph.input(`mean/${name}`, 'float32', [channels]);
      const variance = graph.input(`variance/${name}`, 'float32', [channels]);
      const rows = reshape(graph, x, [1, channels, elementCount(x.dims) / channels]);
      const normalized = graph.scoped(name, () =>
        batchNormalization(graph, rows, { scale, bias, mean, variance }, epsilon),
      );
      return reshape(graph, normalized, x.dims);
    },
  });
  graph.output('logits', logits);
  return { model: encodeModel(graph, { graphName: `${front.name}-evaluation` }) };
}
