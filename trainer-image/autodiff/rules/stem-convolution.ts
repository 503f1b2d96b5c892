/**
 * The first convolution of a pathway, k_t x k x k with spatial stride 2, on the clip itself. In: `[3, N, T, H, W]` and
 * weights `[Co, 3, k_t, k, k]`. Out: `[Co, N, T, H', W']`. The clip is no parameter, so there is no input gradient.
 * A temporal kernel is taken apart: each frame is convolved once for all temporal taps (k_t * Co channels at a time,
 * which keeps the matrix units busy), then the taps are shifted along T and summed.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { convolve } from '../../graph/window.ts';
import { reshape, transpose } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';
import { stackShifted, sumShifted } from './frame-shifts.ts';

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
      const byFrameWeights = correlate(
        graph,
        clip,
        reshape(graph, byTaps, [length * channels, clips * frames, rows, columns]),
        {
          side,
          stride,
          padding,
        },
      );
      const split = reshape(graph, byFrameWeights, [colours, length, channels, side, side]);
      return [undefined, reshape(graph, transpose(graph, split, [2, 0, 1, 3, 4]), weights.dims)];
    },
  };
};

/**
 * Weight gradient as a convolution with the roles exchanged: colours are the batch, frames the channels, and the
 * gradient `[k_t * Co, N * T, H', W']` is the kernel, its taps `stride` apart. Result `[3, k_t * Co, side, side]`. The
 * runtime gathers the image columns piece by piece in cache; spelled out as slices they would be the largest tensor of
 * the whole step.
 */
function correlate(
  graph: Graph,
  clip: Value,
  gradient: Value,
  { side, stride, padding }: { readonly side: number; readonly stride: number; readonly padding: number },
): Value {
  const [colours, clips, frames, height, width] = dimsOfRank5(clip, 'stemConvolution');
  const [rows, columns] = [gradient.dims[2]!, gradient.dims[3]!];
  // Zeros after the image so that exactly `side` positions come out.
  const after = (length: number, positions: number): number =>
    side + stride * (positions - 1) - length - padding;
  return convolve(graph, reshape(graph, clip, [colours, clips * frames, height, width]), gradient, {
    strides: [1, 1],
    padsBefore: [padding, padding],
    padsAfter: [after(height, rows), after(width, columns)],
    dilations: [stride, stride],
  });
}
