/**
 * Joins the four parity phases of an image: gradients of operations with stride 2 are computed per phase, on dense
 * tensors, and meet here. In: activations for (even row, even column), (even, odd), (odd, even), (odd, odd). Out: one
 * activation of twice the side, cropped to the wanted size.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5, GraphShapeError } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice } from '../../graph/view.ts';

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
  const full = phases.map((pair) => pair.map((phase) => phase && padTo(graph, phase, rows, columns)));
  const lines = full.map((pair) => joinColumns(graph, pair, [channels * clips * frames * rows, 1, columns]));
  const [even, odd] = lines;
  const present = even ?? odd;
  if (present === undefined) {
    throw new GraphShapeError('interleave needs at least one phase');
  }
  const joined =
    even !== undefined && odd !== undefined
      ? concat(graph, [even, odd], 1)
      : pad(graph, present, [
          { axis: 1, before: even === undefined ? 1 : 0, after: odd === undefined ? 1 : 0 },
        ]);
  const image = reshape(graph, joined, [channels, clips, frames, 2 * rows, 2 * columns]);
  return slice(graph, image, [
    { axis: 3, start: 0, end: height },
    { axis: 4, start: 0, end: width },
  ]);
}

/** Even and odd columns side by side: two `[lines, 1, columns]` to one `[lines, 1, 2 columns]`. */
function joinColumns(
  graph: Graph,
  pair: readonly (Value | undefined)[],
  dims: readonly [number, number, number],
): Value | undefined {
  const [lines, , columns] = dims;
  const [even, odd] = pair.map((phase) => phase && reshape(graph, phase, [lines, columns, 1]));
  const present = even ?? odd;
  if (present === undefined) {
    return undefined;
  }
  const joined =
    even !== undefined && odd !== undefined
      ? concat(graph, [even, odd], 2)
      : pad(graph, present, [
          { axis: 2, before: even === undefined ? 1 : 0, after: odd === undefined ? 1 : 0 },
        ]);
  return reshape(graph, joined, [lines, 1, 2 * columns]);
}

/** Odd phases of an odd side are one short. */
function padTo(graph: Graph, phase: Value, rows: number, columns: number): Value {
  const [, , , height, width] = dimsOfRank5(phase, 'interleave');
  return pad(graph, phase, [
    { axis: 3, before: 0, after: rows - height },
    { axis: 4, before: 0, after: columns - width },
  ]);
}
