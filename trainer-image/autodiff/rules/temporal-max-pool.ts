/**
 * Max pooling of neighbouring frames, 2 x 1 x 1 with stride 2. In: activations `[C, N, T, H, W]`, T at least 2. Out:
 * `[C, N, floor(T / 2), H, W]`. Of two equal elements the earlier one gets the gradient, as in PyTorch.
 */
import { binary, cast, compare, multiply, subtract } from '../../graph/elementwise.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type TemporalMaxPool = Operation<readonly [x: Value]>;

export const temporalMaxPool: Rule<TemporalMaxPool> = (graph, [x]) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'temporalMaxPool');
  const pairs = Math.floor(frames / 2);
  const every = (start: number): Value => slice(graph, x, [{ axis: 2, start, end: 2 * pairs, step: 2 }]);
  const [earlier, later] = [every(0), every(1)];
  return {
    output: binary(graph, 'Max', earlier, later),
    derivative: (gradient) => {
      const earlierWins = cast(graph, compare(graph, 'GreaterOrEqual', earlier, later), gradient.type);
      const byEarlier = multiply(graph, gradient, earlierWins);
      const byLater = subtract(graph, gradient, byEarlier);
      const stacked = [byEarlier, byLater].map((part) =>
        reshape(graph, part, [channels * clips, pairs, 1, height * width]),
      );
      const joined = reshape(graph, concat(graph, stacked, 2), [channels, clips, 2 * pairs, height, width]);
      return [pad(graph, joined, [{ axis: 2, before: 0, after: frames - 2 * pairs }])];
    },
  };
};
