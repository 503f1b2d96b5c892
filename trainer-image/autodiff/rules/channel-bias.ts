/**
 * One number per channel added to every position. In: activations `[C, N, T, H, W]`, bias `[C]`. Out: the same layout.
 */
import { add } from '../../graph/elementwise.ts';
import { reduce } from '../../graph/reduce.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';
import { asMatrix } from './taps.ts';

export type ChannelBias = Operation<readonly [x: Value, bias: Value]>;

export const channelBias: Rule<ChannelBias> = (graph, [x, bias]) => {
  const column = reshape(graph, bias, [x.dims[0]!, 1]);
  return {
    output: reshape(graph, add(graph, asMatrix(graph, x), column), x.dims),
    derivative: (gradient) => [
      gradient,
      reduce(graph, 'ReduceSum', asMatrix(graph, gradient), { axes: [1] }),
    ],
  };
};
