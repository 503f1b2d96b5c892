/**
 * Max pooling 1 x 3 x 3 with stride 2 and padding 1. In: activations `[C, N, T, H, W]`. Out: `[C, N, T, H', W']`. Rows are
 * pooled first, then columns: the maximum is the same, and the gradient, which retraces the two steps, has six taps to
 * compare instead of nine. It goes to every element that equals the maximum of its window, found by comparing, which is
 * deterministic on every device and needs no scatter. Of equal maxima every one gets it (PyTorch: the first), so pool
 * before a ReLU, where exact ties of rounded sums are rare, or after it, where they are zeros and masked.
 */
import { add, cast, compare, multiply } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice, transpose } from '../../graph/view.ts';
import { maxPool } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';

export type SpatialMaxPool = Operation<readonly [x: Value]>;

export const spatialMaxPool: Rule<SpatialMaxPool> = (graph, [x]) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'spatialMaxPool');
  const images = channels * clips * frames;
  const image = reshape(graph, x, [1, images, height, width]);
  const byRows = maxPool(graph, image, [3, 1], { strides: [2, 1], padsBefore: [1, 0], padsAfter: [1, 0] });
  const pooled = maxPool(graph, byRows, [1, 3], { strides: [1, 2], padsBefore: [0, 1], padsAfter: [0, 1] });
  const [rows, columns] = [pooled.dims[2]!, pooled.dims[3]!];
  return {
    output: reshape(graph, pooled, [channels, clips, frames, rows, columns]),
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, pooled.dims);
      const byColumns = gradientAlong(graph, { x: byRows, y: pooled, dy }, [images * rows, width, 1]);
      const ofRows = reshape(graph, byColumns, byRows.dims);
      const byImage = gradientAlong(graph, { x: image, y: byRows, dy: ofRows }, [images, height, width]);
      return [reshape(graph, byImage, x.dims)];
    },
  };
};

interface Pooling {
  readonly x: Value;
  readonly y: Value;
  /** Gradient by y. */
  readonly dy: Value;
}

/**
 * Gradient of pooling along the middle axis of x seen as `[outer, length, inner]`. An even position is the middle of one
 * window; an odd one ends a window and begins the next.
 */
function gradientAlong(
  graph: Graph,
  pooling: Pooling,
  [outer, length, inner]: readonly [number, number, number],
): Value {
  const windows = Math.ceil(length / 2);
  const x = pad(graph, reshape(graph, pooling.x, [outer, length, inner]), [
    { axis: 1, before: 0, after: 2 * windows - length },
  ]);
  const [even, odd] = splitPairs(graph, x, [outer, windows, inner]);
  const y = reshape(graph, pooling.y, [outer, windows, inner]);
  const dy = reshape(graph, pooling.dy, [outer, windows, inner]);
  const ofEven = whereEqual(graph, even, y, dy);
  const ending = whereEqual(graph, odd, y, dy);
  const ofOdd =
    windows === 1 ? ending : add(graph, ending, whereEqual(graph, odd, next(graph, y), next(graph, dy)));
  const joined = joinPairs(graph, ofEven, ofOdd, [outer, windows, inner]);
  return slice(graph, joined, [{ axis: 1, start: 0, end: length }]);
}

/** The gradient where x is the maximum, else 0. */
function whereEqual(graph: Graph, x: Value, y: Value, dy: Value): Value {
  return multiply(graph, cast(graph, compare(graph, 'Equal', x, y), dy.type), dy);
}

/** The window after, along axis 1; zeros after the last. */
function next(graph: Graph, x: Value): Value {
  const later = slice(graph, x, [{ axis: 1, start: 1, end: x.dims[1]! }]);
  return pad(graph, later, [{ axis: 1, before: 0, after: 1 }]);
}

type Pairs = readonly [outer: number, pairs: number, inner: number];

/** `[outer, 2 * pairs, inner]` to the even and the odd positions, `[outer, pairs, inner]` each. */
function splitPairs(graph: Graph, x: Value, [outer, pairs, inner]: Pairs): readonly [Value, Value] {
  const split = transpose(graph, reshape(graph, x, [outer * pairs, 2, inner]), [1, 0, 2]);
  const part = (index: number): Value =>
    reshape(graph, slice(graph, split, [{ axis: 0, start: index, end: index + 1 }]), [outer, pairs, inner]);
  return [part(0), part(1)];
}

/** The inverse of `splitPairs`. */
function joinPairs(graph: Graph, even: Value, odd: Value, [outer, pairs, inner]: Pairs): Value {
  const stacked = concat(
    graph,
    [even, odd].map((part) => reshape(graph, part, [1, outer * pairs, inner])),
    0,
  );
  return reshape(graph, transpose(graph, stacked, [1, 0, 2]), [outer, 2 * pairs, inner]);
}
