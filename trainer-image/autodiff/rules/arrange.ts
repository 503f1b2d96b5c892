/**
 * Operations that only arrange activations: joining pathways by channel, picking the slow pathway's frames. In:
 * activations `[C, N, T, H, W]`. Out: the same layout.
 */
import { sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { stackedProduct } from '../../graph/product.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, gather, reshape, slice, zeros } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

/** Activations of equal N, T, H, W one after the other along C. */
export type ConcatChannels = Operation<readonly Value[]>;

export const concatChannels: Rule<ConcatChannels> = (graph, inputs) => ({
  output: concat(graph, inputs, 0),
  derivative: (gradient) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + input.dims[0]!;
      const part = slice(graph, gradient, [{ axis: 0, start, end }]);
      start = end;
      return part;
    });
  },
});

/** Frames at fixed positions of T. */
export type PickFrames = Operation<readonly [x: Value], { readonly positions: readonly number[] }>;

export const pickFrames: Rule<PickFrames> = (graph, [x], { positions }) => ({
  output: gather(graph, x, positions, 2),
  derivative: (gradient) => [putFramesBack(graph, gradient, x, positions)],
});

/** A frame that was picked twice gets both gradients: one product with the matrix that says who went where. */
function putFramesBack(graph: Graph, gradient: Value, x: Value, positions: readonly number[]): Value {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'pickFrames');
  if (graph.device === 'cuda') {
    return addFramesBack(graph, gradient, x, positions);
  }
  const whereTo = new Array<number>(frames * positions.length).fill(0);
  positions.forEach((position, index) => {
    whereTo[position * positions.length + index] = 1;
  });
  const picked = reshape(graph, gradient, [channels * clips, positions.length, height * width]);
  const placed = stackedProduct(
    graph,
    graph.floats(whereTo, [frames, positions.length], floatType(gradient)),
    picked,
  );
  return reshape(graph, placed, x.dims);
}

/** The same by sums and copies: a GPU's products may round float32 to TF32. */
function addFramesBack(graph: Graph, gradient: Value, x: Value, positions: readonly number[]): Value {
  const frame = (index: number): Value => slice(graph, gradient, [{ axis: 2, start: index, end: index + 1 }]);
  const none = zeros(graph, x.dims.with(2, 1), floatType(gradient));
  const placed = Array.from({ length: x.dims[2]! }, (_, position) => {
    const from = positions.flatMap((picked, index) => (picked === position ? [frame(index)] : []));
    return from.length === 0 ? none : sum(graph, from);
  });
  return concat(graph, placed, 2);
}
