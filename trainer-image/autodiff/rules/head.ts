/**
 * The end of a network: the mean over all positions and the classifier. In: activations `[C, N, T, H, W]`. Out: features
 * `[C, N]`, then logits `[N, K]`.
 */
import { add, multiply } from '../../graph/elementwise.ts';
import { matrixProduct } from '../../graph/product.ts';
import { reduce } from '../../graph/reduce.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { expand, reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

/** Mean over T, H, W: `[C, N]`. */
export type MeanPool = Operation<readonly [x: Value]>;

export const meanPool: Rule<MeanPool> = (graph, [x]) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'meanPool');
  const positions = frames * height * width;
  const rows = reshape(graph, x, [channels * clips, positions]);
  return {
    output: reshape(graph, reduce(graph, 'ReduceMean', rows, { axes: [1] }), [channels, clips]),
    derivative: (gradient) => {
      const share = multiply(graph, gradient, graph.scalar(1 / positions, floatType(x)));
      const repeated = expand(graph, reshape(graph, share, [channels * clips, 1]), rows.dims);
      return [reshape(graph, repeated, x.dims)];
    },
  };
};

/** Logits `[N, K]` of features `[F, N]`, weights `[K, F]`, bias `[K]`. */
export type Linear = Operation<readonly [features: Value, weights: Value, bias: Value]>;

export const linear: Rule<Linear> = (graph, [features, weights, bias]) => ({
  output: add(graph, matrixProduct(graph, features, weights, { transposeA: true, transposeB: true }), bias),
  derivative: (gradient) => {
    const transposed = { transposeA: true, transposeB: true };
    return [
      matrixProduct(graph, weights, gradient, transposed),
      matrixProduct(graph, gradient, features, transposed),
      reduce(graph, 'ReduceSum', gradient, { axes: [0] }),
    ];
  },
});
