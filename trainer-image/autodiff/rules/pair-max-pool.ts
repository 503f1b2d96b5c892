/**
 * Max pooling 1 x 2 x 2 with stride 2: windows that do not overlap. In: activations `[C, N, T, H, W]`, H and W at least 2;
 * an odd last row or column is left out. Out: `[C, N, T, floor(H / 2), floor(W / 2)]`. Of equal elements the first of the
 * window, row by row, gets the gradient, as in PyTorch.
 */
import { binary, cast, compare, multiply, subtract } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, joinParities, pad, reshape, slice, splitParities } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type PairMaxPool = Operation<readonly [x: Value]>;

export const pairMaxPool: Rule<PairMaxPool> = (graph, [x]) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'pairMaxPool');
  const images = channels * clips * frames;
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
  const image = reshape(graph, x, [1, images, height, width]);
  const even = slice(graph, image, [
    { axis: 2, start: 0, end: 2 * rows },
    { axis: 3, start: 0, end: 2 * columns },
  ]);
  const split = splitParities(graph, even);
  const corner = (index: number): Value =>
    slice(graph, split, [{ axis: 1, start: index * images, end: (index + 1) * images }]);
  const top = larger(graph, corner(0), corner(1));
  const bottom = larger(graph, corner(2), corner(3));
  const whole = larger(graph, top.output, bottom.output);
  return {
    output: reshape(graph, whole.output, [channels, clips, frames, rows, columns]),
    derivative: (gradient) => {
      const [ofTop, ofBottom] = whole.derivative(reshape(graph, gradient, whole.output.dims));
      const corners = [...top.derivative(ofTop), ...bottom.derivative(ofBottom)];
      const joined = joinParities(graph, concat(graph, corners, 1));
      const padded = pad(graph, joined, [
        { axis: 2, before: 0, after: height - 2 * rows },
        { axis: 3, before: 0, after: width - 2 * columns },
      ]);
      return [reshape(graph, padded, x.dims)];
    },
  };
};

interface Larger {
  readonly output: Value;
  readonly derivative: (gradient: Value) => readonly [byA: Value, byB: Value];
}

/** The larger of two, element by element; a where they are equal. */
function larger(graph: Graph, a: Value, b: Value): Larger {
  return {
    output: binary(graph, 'Max', a, b),
    derivative: (gradient) => {
      const aWins = cast(graph, compare(graph, 'GreaterOrEqual', a, b), a.type);
      const byA = multiply(graph, gradient, aWins);
      return [byA, subtract(graph, gradient, byA)];
    },
  };
}
