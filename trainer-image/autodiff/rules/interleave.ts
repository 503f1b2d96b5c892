/**
 * Joins the four parity phases of an image: gradients of operations with stride 2 are computed per phase, on dense
 * tensors, and meet here. In: activations for (even row, even column), (even, odd), (odd, even), (odd, odd). Out: one
 * activation of twice the side, cropped to the wanted size.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5, GraphShapeError } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice, splitParities, zeros } from '../../graph/view.ts';

/** Phase values by row parity, then column parity; a missing one is all zeros. */
export type Phases = readonly [
  readonly [Value | undefined, Value | undefined],
  readonly [Value | undefined, Value | undefined],
];

/**
 * @param dims Dimensions of the result, `[C, N, T, H, W]`; a phase has ceil or floor of half of H and W.
 * @throws GraphShapeError when no phase is given.
 */
export function interleave(graph: Graph, phases: Phases, dims: readonly number[]): Value {
  const [channels, clips, frames, height, width] = [dims[0]!, dims[1]!, dims[2]!, dims[3]!, dims[4]!];
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const lines = channels * clips * frames * rows;
  const [even, odd] = phases.map((pair) => joinColumns(graph, pair, [lines, columns], rows));
  const joined = joinPair(graph, even, odd, 1);
  if (joined === undefined) {
    throw new GraphShapeError('interleave needs at least one phase');
  }
  const image = reshape(graph, joined, [channels, clips, frames, 2 * rows, 2 * columns]);
  return slice(graph, image, [
    { axis: 3, start: 0, end: height },
    { axis: 4, start: 0, end: width },
  ]);
}

/** Even and odd columns side by side, `[lines, 1, 2 * columns]`. */
function joinColumns(
  graph: Graph,
  [even, odd]: readonly [Value | undefined, Value | undefined],
  [lines, columns]: readonly [number, number],
  rows: number,
): Value | undefined {
  const asColumn = (phase: Value | undefined): Value | undefined =>
    phase && reshape(graph, padTo(graph, phase, rows, columns), [lines * columns, 1]);
  const joined = joinPair(graph, asColumn(even), asColumn(odd), 1);
  return joined && reshape(graph, joined, [lines, 1, 2 * columns]);
}

/** Two values along an axis; zeros stand in for one that is missing. */
function joinPair(
  graph: Graph,
  first: Value | undefined,
  second: Value | undefined,
  axis: number,
): Value | undefined {
  const present = first ?? second;
  if (present === undefined) {
    return undefined;
  }
  const filled = (value: Value | undefined): Value => value ?? zeros(graph, present.dims);
  return concat(graph, [filled(first), filled(second)], axis);
}

/** Odd phases of an odd side are one short. */
function padTo(graph: Graph, phase: Value, rows: number, columns: number): Value {
  const [, , , height, width] = dimsOfRank5(phase, 'interleave');
  return pad(graph, phase, [
    { axis: 3, before: 0, after: rows - height },
    { axis: 4, before: 0, after: columns - width },
  ]);
}

/**
 * The four parity phases of an image: the inverse of `interleave`. An odd side is filled up with zeros first.
 *
 * @param x `[C, N, T, H, W]`.
 * @returns By row parity, then column parity, each `[C, N, T, ceil(H / 2), ceil(W / 2)]`.
 */
export function deinterleave(
  graph: Graph,
  x: Value,
): readonly [readonly [Value, Value], readonly [Value, Value]] {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'deinterleave');
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const even = pad(graph, x, [
    { axis: 3, before: 0, after: 2 * rows - height },
    { axis: 4, before: 0, after: 2 * columns - width },
  ]);
  const stack = splitParities(
    graph,
    reshape(graph, even, [1, channels, clips * frames * 2 * rows, 2 * columns]),
  );
  const phase = (index: number): Value => {
    const part = slice(graph, stack, [{ axis: 1, start: index * channels, end: (index + 1) * channels }]);
    return reshape(graph, part, [channels, clips, frames, rows, columns]);
  };
  return [
    [phase(0), phase(1)],
    [phase(2), phase(3)],
  ];
}
