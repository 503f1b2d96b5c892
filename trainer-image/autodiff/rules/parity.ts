/**
 * Even and odd rows and columns: operations with stride 2 are computed per parity, on dense tensors. In: activations
 * `[C, N, T, H, W]`. Out: activations of half or twice the side.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice, splitParities, zeros } from '../../graph/view.ts';
import { maxPool } from '../../graph/window.ts';

/** Elements of even rows and even columns, `[C, N, T, ceil(H / 2), ceil(W / 2)]`. */
export function evenPositions(graph: Graph, x: Value): Value {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'evenPositions');
  if (graph.device === 'cuda') {
    return slice(graph, x, [
      { axis: 3, start: 0, end: height, step: 2 },
      { axis: 4, start: 0, end: width, step: 2 },
    ]);
  }
  const images = reshape(graph, x, [1, channels * clips * frames, height, width]);
  // A window of one element picks; a slice with step 2 does the same at half the speed.
  const picked = maxPool(graph, images, [1, 1], { strides: [2, 2], padsBefore: [0, 0], padsAfter: [0, 0] });
  return reshape(graph, picked, [channels, clips, frames, picked.dims[2]!, picked.dims[3]!]);
}

/**
 * The transpose of `evenPositions`: zeros between the elements.
 *
 * @param dims Dimensions of the result, `[C, N, T, H, W]`.
 */
export function spreadToEven(graph: Graph, x: Value, dims: readonly number[]): Value {
  const [channels, clips, frames, rows, columns] = dimsOfRank5(x, 'spreadToEven');
  const lines = channels * clips * frames * rows;
  const wide = followedByZeros(graph, reshape(graph, x, [lines * columns, 1]));
  const high = followedByZeros(graph, reshape(graph, wide, [lines, 2 * columns]));
  return slice(graph, reshape(graph, high, [channels, clips, frames, 2 * rows, 2 * columns]), [
    { axis: 3, start: 0, end: dims[3]! },
    { axis: 4, start: 0, end: dims[4]! },
  ]);
}

function followedByZeros(graph: Graph, matrix: Value): Value {
  return concat(graph, [matrix, zeros(graph, matrix.dims, floatType(matrix))], 1);
}

/** Phases by row parity, then column parity. */
type Phases = readonly [readonly [Value, Value], readonly [Value, Value]];

/** All four parities, each `[C, N, T, ceil(H / 2), ceil(W / 2)]`; an odd side is filled up with zeros first. */
export function parityPhases(graph: Graph, x: Value): Phases {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'parityPhases');
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const even = pad(graph, x, [
    { axis: 3, before: 0, after: 2 * rows - height },
    { axis: 4, before: 0, after: 2 * columns - width },
  ]);
  const images = reshape(graph, even, [1, channels, clips * frames * 2 * rows, 2 * columns]);
  const stack = splitParities(graph, images);
  const phase = (index: number): Value => {
    const part = slice(graph, stack, [{ axis: 1, start: index * channels, end: (index + 1) * channels }]);
    return reshape(graph, part, [channels, clips, frames, rows, columns]);
  };
  return [
    [phase(0), phase(1)],
    [phase(2), phase(3)],
  ];
}
