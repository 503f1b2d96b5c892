/**
 * The first convolution of a pathway, k_t x k x k with spatial stride 2, on the clip itself. In: `[3, N, T, H, W]` and
 * weights `[Co, 3, k_t, k, k]`. Out: `[Co, N, T, H', W']`. The clip is no parameter, so there is no input gradient.
 * A temporal kernel is taken apart: each frame is convolved once for all temporal taps (k_t * Co channels at a time,
 * which keeps the matrix units busy), then the taps are shifted along T and summed.
 */
import { sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { convolve, windowPositions } from '../../graph/window.ts';
import { concat, pad, reshape, slice, transpose } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';
import { asMatrix } from './taps.ts';

export interface StemConvolution {
  readonly inputs: readonly [clip: Value, weights: Value];
  readonly options: {
    /** Step along H and W. */
    readonly stride: number;
  };
  readonly result: Result;
}

export const stemConvolution: Rule<StemConvolution> = (graph, [clip, weights], { stride }) => {
  const [colours, clips, frames, height, width] = dimsOfRank5(clip, 'stemConvolution');
  const [channels, , length, side] = dimsOfRank5(weights, 'stemConvolution');
  const padding = Math.floor(side / 2);
  const perFrame = reshape(graph, transpose(graph, weights, [2, 0, 1, 3, 4]), [
    length * channels,
    colours,
    1,
    side,
    side,
  ]);
  const pads = [0, padding, padding];
  const convolved = convolve(
    graph,
    reshape(graph, clip, [1, colours, clips * frames, height, width]),
    perFrame,
    { strides: [1, stride, stride], padsBefore: pads, padsAfter: pads },
  );
  const [rows, columns] = [convolved.dims[3]!, convolved.dims[4]!];
  const taps = reshape(graph, convolved, [length * channels, clips, frames, rows * columns]);
  const output = reshape(graph, sumShifted(graph, taps, length), [channels, clips, frames, rows, columns]);
  return {
    output,
    derivative: (gradient) => {
      const byTaps = stackShifted(
        graph,
        reshape(graph, gradient, [channels, clips, frames, rows * columns]),
        length,
      );
      const seen = columnsOf(graph, clip, { side, stride, padding });
      const product = matrixProduct(graph, asMatrix(graph, byTaps), seen, { transposeB: true });
      const split = reshape(graph, product, [length, channels, side * side, colours]);
      const byWeights = reshape(graph, transpose(graph, split, [1, 3, 0, 2]), weights.dims);
      return [undefined, byWeights];
    },
  };
};

/** `[k_t * C, N, T, P]` to `[C, N, T, P]`: frame t takes tap j from frame t + j - floor(k_t / 2). */
function sumShifted(graph: Graph, taps: Value, length: number): Value {
  if (length === 1) {
    return taps;
  }
  const reach = Math.floor(length / 2);
  const channels = taps.dims[0]! / length;
  const frames = taps.dims[2]!;
  const padded = pad(graph, taps, [{ axis: 2, before: reach, after: reach }]);
  const shifted = Array.from({ length }, (_, tap) =>
    slice(graph, padded, [
      { axis: 0, start: tap * channels, end: (tap + 1) * channels },
      { axis: 2, start: tap, end: tap + frames },
    ]),
  );
  return sum(graph, shifted);
}

/** The transpose of `sumShifted`: `[C, N, T, P]` to `[k_t * C, N, T, P]`. */
function stackShifted(graph: Graph, gradient: Value, length: number): Value {
  if (length === 1) {
    return gradient;
  }
  const reach = Math.floor(length / 2);
  const frames = gradient.dims[2]!;
  const padded = pad(graph, gradient, [{ axis: 2, before: reach, after: reach }]);
  const shifted = Array.from({ length }, (_, tap) => {
    const start = 2 * reach - tap;
    return slice(graph, padded, [{ axis: 2, start, end: start + frames }]);
  });
  return concat(graph, shifted, 0);
}

/** What every spatial tap saw of the clip: `[side * side * 3, P]`, tap-major. */
function columnsOf(
  graph: Graph,
  clip: Value,
  { side, stride, padding }: { readonly side: number; readonly stride: number; readonly padding: number },
): Value {
  const [, , , height, width] = dimsOfRank5(clip, 'stemConvolution');
  const padded = pad(graph, clip, [
    { axis: 3, before: padding, after: padding },
    { axis: 4, before: padding, after: padding },
  ]);
  const range = (
    axis: number,
    length: number,
    tap: number,
  ): { axis: number; start: number; end: number; step: number } => {
    const positions = windowPositions(length, { kernel: side, stride, pads: 2 * padding });
    return { axis, start: tap, end: tap + stride * (positions - 1) + 1, step: stride };
  };
  const taps = Array.from({ length: side * side }, (_, tap) =>
    asMatrix(
      graph,
      slice(graph, padded, [range(3, height, Math.floor(tap / side)), range(4, width, tap % side)]),
    ),
  );
  return concat(graph, taps, 0);
}
