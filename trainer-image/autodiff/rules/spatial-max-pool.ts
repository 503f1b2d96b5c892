/**
 * Max pooling 1 x k x k with stride 2. In: activations `[C, N, T, H, W]`. Out: `[C, N, T, H', W']`. The gradient goes to
 * every element that equals the maximum of its window, found by comparing, which is deterministic on every device and
 * needs no scatter. Of equal maxima every one gets it (PyTorch: the first), so pool before a ReLU, where exact ties of
 * rounded sums are rare, or after it, where they are zeros and masked.
 */
import { cast, compare, multiply, sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { maxPool } from '../../graph/window.ts';
import { pad, reshape, slice } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';
import { deinterleave, interleave } from './interleave.ts';

export interface SpatialMaxPool {
  readonly inputs: readonly [x: Value];
  readonly options: {
    /** Side of the window; the padding is half of it, the stride 2. */
    readonly side: 3;
  };
  readonly result: Result;
}

export const spatialMaxPool: Rule<SpatialMaxPool> = (graph, [x], { side }) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'spatialMaxPool');
  const padding = Math.floor(side / 2);
  const pads = [padding, padding];
  const pooled = maxPool(
    graph,
    reshape(graph, x, [1, channels * clips * frames, height, width]),
    [side, side],
    {
      strides: [2, 2],
      padsBefore: pads,
      padsAfter: pads,
    },
  );
  const [rows, columns] = [pooled.dims[2]!, pooled.dims[3]!];
  const output = reshape(graph, pooled, [channels, clips, frames, rows, columns]);
  return {
    output,
    derivative: (gradient) => [gradientToMaxima(graph, x, output, gradient)],
  };
};

/** Which (tap, shift) reach an element of a parity: an even row is only in the middle of a window, an odd row at both ends. */
const REACHES: readonly (readonly { readonly shift: number }[])[] = [
  [{ shift: 0 }],
  [{ shift: 0 }, { shift: 1 }],
];

function gradientToMaxima(graph: Graph, x: Value, y: Value, gradient: Value): Value {
  const phases = deinterleave(graph, x);
  const phase = (rowParity: 0 | 1, columnParity: 0 | 1): Value => {
    const seen = phases[rowParity][columnParity];
    const parts = REACHES[rowParity]!.flatMap((row) =>
      REACHES[columnParity]!.map((column) => {
        const at = (value: Value): Value => shifted(graph, value, seen, [row.shift, column.shift]);
        return multiply(graph, cast(graph, compare(graph, 'Equal', seen, at(y)), 'float32'), at(gradient));
      }),
    );
    return sum(graph, parts);
  };
  return interleave(
    graph,
    [
      [phase(0, 0), phase(0, 1)],
      [phase(1, 0), phase(1, 1)],
    ],
    x.dims,
  );
}

/** Window results shifted up and left, cut to the size of `like`; beyond the last window there is nothing. */
function shifted(graph: Graph, value: Value, like: Value, [rows, columns]: readonly [number, number]): Value {
  const [height, width] = [like.dims[3]!, like.dims[4]!];
  const missing = (axis: number, end: number): number => Math.max(0, end - value.dims[axis]!);
  const padded = pad(graph, value, [
    { axis: 3, before: 0, after: missing(3, rows + height) },
    { axis: 4, before: 0, after: missing(4, columns + width) },
  ]);
  return slice(graph, padded, [
    { axis: 3, start: rows, end: rows + height },
    { axis: 4, start: columns, end: columns + width },
  ]);
}
