/**
 * Losses. In: logits `[N, K]` and targets `[N, K]`. Out: a scalar, the mean over the clips. No gradient by the targets:
 * they are data.
 */
import { multiply, subtract, unary } from '../../graph/elementwise.ts';
import { softmax } from '../../graph/normalize.ts';
import { reduce } from '../../graph/reduce.ts';
import { dimsOfMatrix } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';

export type Loss = Operation<readonly [logits: Value, target: Value]>;

/** Mean over clips of -sum(target * log softmax(logits)); rows of the target sum to 1. */
export const softmaxCrossEntropy: Rule<Loss> = (graph, [logits, target]) => {
  const [clips] = dimsOfMatrix(logits, 'softmaxCrossEntropy');
  const logProbabilities = softmax(graph, 'LogSoftmax', logits);
  const total = reduce(graph, 'ReduceSum', multiply(graph, logProbabilities, target), { axes: [0, 1] });
  return {
    output: multiply(graph, total, graph.scalar(-1 / clips)),
    derivative: (gradient) => {
      const excess = subtract(graph, unary(graph, 'Exp', logProbabilities), target);
      const share = multiply(graph, gradient, graph.scalar(1 / clips));
      return [multiply(graph, excess, share), undefined];
    },
  };
};

/** Mean over clips and classes of the binary cross-entropy of sigmoid(logits); targets in [0, 1]. */
export const binaryCrossEntropy: Rule<Loss> = (graph, [logits, target]) => {
  const [clips, classes] = dimsOfMatrix(logits, 'binaryCrossEntropy');
  const terms = subtract(graph, unary(graph, 'Softplus', logits), multiply(graph, logits, target));
  return {
    output: reduce(graph, 'ReduceMean', terms, { axes: [0, 1] }),
    derivative: (gradient) => {
      const excess = subtract(graph, unary(graph, 'Sigmoid', logits), target);
      const share = multiply(graph, gradient, graph.scalar(1 / (clips * classes)));
      return [multiply(graph, excess, share), undefined];
    },
  };
};
