/**
 * The end of every training graph: loss, backward pass, outputs. In: a tape that has reached the logits. Out: the model's
 * bytes. Used for the networks of the zoo and for those from files.
 */
import { emitGradients } from '../autodiff/backward.ts';
import type { Tape } from '../autodiff/tape.ts';
import { multiply, unary } from '../graph/elementwise.ts';
import { encodeModel } from '../graph/encode.ts';
import type { Graph } from '../graph/graph.ts';
import { reduce } from '../graph/reduce.ts';
import type { Value } from '../graph/value.ts';
import { concat, reshape } from '../graph/view.ts';
import type { LossName } from './network.ts';

export interface ReachedLogits {
  /** Of the network, for the graph's name. */
  readonly name: string;
  /** `[N, K]` */
  readonly target: Value;
  /** `[N, K]`, float32. */
  readonly logits: Value;
  readonly parameters: readonly Value[];
  readonly loss: LossName;
  /** What the loss is multiplied by on its way back, `[]`; undefined for plain float32. */
  readonly lossScale: Value | undefined;
}

/** Emits loss and gradients, declares the outputs that `TrainingGraph` promises, and writes the model. */
export function closeTrainingGraph(tape: Tape, reached: ReachedLogits): Uint8Array {
  const { graph } = tape;
  const { name, target, logits, parameters, lossScale } = reached;
  const operation = reached.loss === 'binaryCrossEntropy' ? 'binaryCrossEntropy' : 'softmaxCrossEntropy';
  const { output: loss } = tape.apply(operation, 'loss', [logits, target], {});
  const scaled = emitGradients(tape, loss, parameters, lossScale);
  const gradients = lossScale === undefined ? scaled : unscaled(graph, scaled, lossScale);
  graph.output('loss', loss);
  graph.output('logits', logits);
  graph.output('gradientSquares', sumOfSquares(graph, gradients));
  parameters.forEach((parameter, index) => {
    graph.output(`gradient/${parameter.name}`, gradients[index]!);
  });
  return encodeModel(graph, { graphName: `${name}-step`, lastNodeFirst: true });
}

function unscaled(graph: Graph, gradients: readonly Value[], scale: Value): readonly Value[] {
  const factor = unary(graph, 'Reciprocal', scale);
  const products = new Map(
    graph.byEmission(gradients).map((gradient) => [gradient, multiply(graph, gradient, factor)]),
  );
  return gradients.map((gradient) => products.get(gradient)!);
}

/**
 * One number that is finite if, and but for absurd sizes only if, all elements are. It takes the values in the order in which
 * the backward pass has them: ONNX Runtime goes by the inputs of what it computes last, and in another order would keep the
 * activations of layers whose gradients come late.
 */
function sumOfSquares(graph: Graph, values: readonly Value[]): Value {
  const sums = graph
    .byEmission(values)
    .map((value) => reduce(graph, 'ReduceSumSquare', value, { axes: value.dims.map((_, axis) => axis) }));
  const list = concat(
    graph,
    sums.map((sum) => reshape(graph, sum, [1])),
    0,
  );
  return reduce(graph, 'ReduceSum', list, { axes: [0] });
}
