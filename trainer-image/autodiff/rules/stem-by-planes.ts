/**
 * The stem's convolution as a GPU likes it: colours as planes, so that cuDNN sees an ordinary convolution, and the weight
 * gradient as matrix products over all positions, which have work for every multiprocessor. In and out as in
 * `stem-convolution.ts`, which calls it; the numbers are the same.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice, transpose } from '../../graph/view.ts';
import { convolve } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';
import { stackShifted, sumShifted } from './frame-shifts.ts';

export type StemConvolution = Operation<
  readonly [clip: Value, weights: Value],
  {
    /** Step along H and W, pixels. */
    readonly stride: number;
  }
>;

export const stemByPlanes: Rule<StemConvolution> = (graph, [clip, weights], { stride }) => {
  const [, clips, frames, height, wide] = dimsOfRank5(clip, 'stemConvolution');
  const [channels, colours, length, side] = dimsOfRank5(weights, 'stemConvolution');
  const width = wide / colours;
  const padding = Math.floor(side / 2);
  const stack = length * channels;
  const images = reshape(graph, clip, [clips * frames, height, width, colours]);
  const planes = reshape(graph, transpose(graph, images, [3, 0, 1, 2]), [
    1,
    colours,
    clips * frames,
    height,
    width,
  ]);
  const perFrame = reshape(graph, transpose(graph, weights, [0, 2, 1, 3, 4]), [
    stack,
    colours,
    1,
    side,
    side,
  ]);
  const pads = [0, padding, padding];
  const convolved = convolve(graph, planes, perFrame, {
    strides: [1, stride, stride],
    padsBefore: pads,
    padsAfter: pads,
  });
  const [rows, columns] = [convolved.dims[3]!, convolved.dims[4]!];
  const taps = reshape(graph, convolved, [channels, length, clips, frames, rows * columns]);
  const output = reshape(graph, sumShifted(graph, taps), [channels, clips, frames, rows, columns]);
  return {
    output,
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, [channels, clips, frames, rows * columns]);
      const byTaps = reshape(graph, stackShifted(graph, dy, length), [
        stack,
        clips * frames * rows * columns,
      ]);
      const products = tapsOfRows(graph, images, { side, stride, padding, rows, columns }).map((seen) =>
        reshape(graph, matrixProduct(graph, byTaps, seen), [channels, length, 1, side, colours]),
      );
      return [undefined, transpose(graph, concat(graph, products, 2), [0, 4, 1, 2, 3])];
    },
  };
};

interface Taps {
  readonly side: number;
  readonly stride: number;
  readonly padding: number;
  readonly rows: number;
  readonly columns: number;
}

/** For every row of the kernel, what its taps saw, `[positions, side * colours]`. */
function tapsOfRows(
  graph: Graph,
  images: Value,
  { side, stride, padding, rows, columns }: Taps,
): readonly Value[] {
  const padded = pad(graph, images, [
    { axis: 1, before: padding, after: padding },
    { axis: 2, before: padding, after: padding },
  ]);
  const along = (axis: number, tap: number, positions: number): Parameters<typeof slice>[2][number] => ({
    axis,
    start: tap,
    end: tap + stride * (positions - 1) + 1,
    step: stride,
  });
  return Array.from({ length: side }, (_, row) => {
    const lines = slice(graph, padded, [along(1, row, rows)]);
    const seen = Array.from({ length: side }, (_unused, column) =>
      slice(graph, lines, [along(2, column, columns)]),
    );
    const joined = concat(graph, seen, 3);
    return reshape(graph, joined, [joined.dims[0]! * rows * columns, joined.dims[3]!]);
  });
}
