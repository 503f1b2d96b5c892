/**
 * Convolution k_t x k x k with k_t above 1. In: activations `[Ci, N, T, H, W]` and weights `[Co, Ci, k_t, k, k]`. Out:
 * `[Co, N, T', H', W']`. The temporal taps are taken apart, as in a stem, so that what is left is a convolution in space
 * whose gradients are dense: with temporal stride 1 every frame is convolved once for all taps and the results are shifted
 * along T and summed; with a longer stride the frames that the taps see are stacked as channels.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { pad, reshape, slice, transpose } from '../../graph/view.ts';
import type { Operation, Result, Rule } from '../rule.ts';
import { placeFrames, seenFrames, stackShifted, sumShifted } from './frame-shifts.ts';
import { spatialConvolution } from './spatial-convolution.ts';
import type { SpatialConvolution } from './spatial-convolution.ts';

export type VolumeConvolution = Operation<
  readonly [x: Value, weights: Value],
  {
    /** Step along T. */
    readonly temporalStride: number;
    /** Zeros before and after T; below the kernel's length. */
    readonly temporalPadding: number;
    readonly space: SpatialConvolution['options'];
  }
>;

type Options = VolumeConvolution['options'];

export const volumeConvolution: Rule<VolumeConvolution> = (graph, [x, weights], options) => {
  const length = weights.dims[2]!;
  return options.temporalStride === 1 && 2 * options.temporalPadding === length - 1
    ? shiftingOutput(graph, x, weights, options)
    : shiftingInput(graph, x, weights, options);
};

function shiftingOutput(graph: Graph, x: Value, weights: Value, { space }: Options): Result {
  const [, clips, frames] = dimsOfRank5(x, 'volumeConvolution');
  const [outputChannels, inputChannels, length, side] = dimsOfRank5(weights, 'volumeConvolution');
  // Taps that only ever see padding compute nothing: with one frame, only the middle one is left.
  const reach = Math.min((length - 1) / 2, frames - 1);
  const taps = 2 * reach + 1;
  const skipped = (length - taps) / 2;
  const used = slice(graph, weights, [{ axis: 2, start: skipped, end: skipped + taps }]);
  const perFrame = reshape(graph, transpose(graph, used, [0, 2, 1, 3, 4]), [
    outputChannels * taps,
    inputChannels,
    1,
    side,
    side,
  ]);
  const convolved = spatialConvolution(graph, [x, perFrame], space);
  const [, , , rows, columns] = dimsOfRank5(convolved.output, 'volumeConvolution');
  const stack = reshape(graph, convolved.output, [outputChannels, taps, clips, frames, rows * columns]);
  return {
    output: reshape(graph, sumShifted(graph, stack), [outputChannels, clips, frames, rows, columns]),
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, [outputChannels, clips, frames, rows * columns]);
      const shifted = reshape(graph, stackShifted(graph, dy, taps), convolved.output.dims);
      const [byX, byPerFrame] = convolved.derivative?.(shifted) ?? [];
      const split =
        byPerFrame && reshape(graph, byPerFrame, [outputChannels, taps, inputChannels, side, side]);
      const byUsed = split && transpose(graph, split, [0, 2, 1, 3, 4]);
      return [byX, byUsed && pad(graph, byUsed, [{ axis: 2, before: skipped, after: skipped }])];
    },
  };
}

function shiftingInput(graph: Graph, x: Value, weights: Value, options: Options): Result {
  const [inputChannels, clips, frames, height, width] = dimsOfRank5(x, 'volumeConvolution');
  const [outputChannels, , length, side] = dimsOfRank5(weights, 'volumeConvolution');
  const window = { length, stride: options.temporalStride, padding: options.temporalPadding, frames };
  const seen = seenFrames(graph, reshape(graph, x, [inputChannels, clips, frames, height * width]), window);
  const volume = reshape(graph, seen, [inputChannels * length, clips, seen.dims[3]!, height, width]);
  const stacked = reshape(graph, weights, [outputChannels, inputChannels * length, 1, side, side]);
  const convolved = spatialConvolution(graph, [volume, stacked], options.space);
  return {
    output: convolved.output,
    derivative: (gradient) => {
      const [byVolume, byStacked] = convolved.derivative?.(gradient) ?? [];
      const byFrames = byVolume && placeFrames(graph, reshape(graph, byVolume, seen.dims), window);
      return [
        byFrames && reshape(graph, byFrames, x.dims),
        byStacked && reshape(graph, byStacked, weights.dims),
      ];
    },
  };
}
