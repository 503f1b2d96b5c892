/**
 * Convolution k x 1 x 1. In: activations `[Ci, N, T, H, W]` and weights `[Co, Ci, k, 1, 1]`. Out: `[Co, N, T', H, W]`.
 * Every product is one plain matrix product over all positions; the taps only shift whole frames, on whichever side has
 * fewer elements: the output with stride 1 (blocks narrow their channels), the input with a longer stride (it drops frames).
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct, transposedProduct } from '../../graph/product.ts';
import { axisLength, dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { pad, reshape, slice, transpose } from '../../graph/view.ts';
import type { Operation, Result, Rule } from '../rule.ts';
import { placeFrames, seenFrames, stackShifted, sumShifted } from './frame-shifts.ts';
import type { FrameWindow } from './frame-shifts.ts';
import { asMatrix } from './taps.ts';

export type TemporalConvolution = Operation<
  readonly [x: Value, weights: Value],
  {
    /** Step along T. */
    readonly stride: number;
    /** Zeros before and after T; below the kernel's length. */
    readonly padding: number;
  }
>;

export const temporalConvolution: Rule<TemporalConvolution> = (graph, [x, weights], options) => {
  const [, , frames] = dimsOfRank5(x, 'temporalConvolution');
  const [, , length] = dimsOfRank5(weights, 'temporalConvolution');
  const window = { ...options, length, frames };
  return options.stride === 1 && 2 * options.padding === length - 1
    ? shiftingOutput(graph, x, weights, window)
    : shiftingInput(graph, x, weights, window);
};

/** All taps of every frame at once, `[Co * k, P]`, shifted along T and summed. */
function shiftingOutput(graph: Graph, x: Value, weights: Value, { length, frames }: FrameWindow): Result {
  const [inputChannels, clips, , height, width] = dimsOfRank5(x, 'temporalConvolution');
  const [outputChannels] = dimsOfRank5(weights, 'temporalConvolution');
  // Taps that only ever see padding compute nothing: with one frame, only the middle one is left.
  const reach = Math.min((length - 1) / 2, frames - 1);
  const taps = 2 * reach + 1;
  const skipped = (length - taps) / 2;
  const used = slice(graph, weights, [{ axis: 2, start: skipped, end: skipped + taps }]);
  const stacked = reshape(graph, transpose(graph, used, [0, 2, 1, 3, 4]), [
    outputChannels * taps,
    inputChannels,
  ]);
  const frameDims = [clips, frames, height * width];
  const products = matrixProduct(graph, stacked, asMatrix(graph, x));
  const summed = sumShifted(graph, reshape(graph, products, [outputChannels, taps, ...frameDims]));
  return {
    output: reshape(graph, summed, [outputChannels, clips, frames, height, width]),
    derivative: (gradient) => {
      const shifted = stackShifted(graph, reshape(graph, gradient, [outputChannels, ...frameDims]), taps);
      const dy = reshape(graph, shifted, [outputChannels * taps, clips * frames * height * width]);
      const byX = transposedProduct(graph, stacked, dy);
      const byStacked = matrixProduct(graph, dy, asMatrix(graph, x), { transposeB: true });
      const split = reshape(graph, byStacked, [outputChannels, taps, inputChannels, 1, 1]);
      const byUsed = transpose(graph, split, [0, 2, 1, 3, 4]);
      return [
        reshape(graph, byX, x.dims),
        pad(graph, byUsed, [{ axis: 2, before: skipped, after: skipped }]),
      ];
    },
  };
}

/** What every tap sees of the input, `[Ci * k, P']`, then one product with the weights as they lie in memory. */
function shiftingInput(graph: Graph, x: Value, weights: Value, window: FrameWindow): Result {
  const [inputChannels, clips, frames, height, width] = dimsOfRank5(x, 'temporalConvolution');
  const [outputChannels, , length] = dimsOfRank5(weights, 'temporalConvolution');
  const seen = seenFrames(graph, reshape(graph, x, [inputChannels, clips, frames, height * width]), window);
  const positions = axisLength(seen, 3);
  const columns = reshape(graph, seen, [inputChannels * length, clips * positions * height * width]);
  const matrix = reshape(graph, weights, [outputChannels, inputChannels * length]);
  const product = matrixProduct(graph, matrix, columns);
  return {
    output: reshape(graph, product, [outputChannels, clips, positions, height, width]),
    derivative: (gradient) => {
      const dy = asMatrix(graph, gradient);
      const bySeen = reshape(graph, transposedProduct(graph, matrix, dy), seen.dims);
      const byMatrix = matrixProduct(graph, dy, columns, { transposeB: true });
      return [
        reshape(graph, placeFrames(graph, bySeen, window), x.dims),
        reshape(graph, byMatrix, weights.dims),
      ];
    },
  };
}
