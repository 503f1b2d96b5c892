/**
 * The first convolution of a pathway, k_t x k x k with a stride in space, on the clip itself. In: the clip as pixels lie
 * in memory, `[1, N, T, H, 3 * W]`, and weights `[Co, 3, k_t, k, k]`. Out: `[Co, N, T, H', W']`. Three colours side by
 * side make one wide row, so a kernel of k pixels is one of 3k elements in steps of 3: the clip is never transposed, and
 * the runtime copies runs of 3k elements. A temporal kernel is taken apart: each frame is convolved once for all temporal
 * taps (Co * k_t channels at a time, which keeps the matrix units busy), then the taps are shifted along T and summed.
 * The clip is no parameter, so there is no input gradient.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { pad, reshape, transpose } from '../../graph/view.ts';
import { convolve } from '../../graph/window.ts';
import type { Rule } from '../rule.ts';
import { stackShifted, sumShifted } from './frame-shifts.ts';
import { stemByPlanes } from './stem-by-planes.ts';
import type { StemConvolution } from './stem-by-planes.ts';

export const stemConvolution: Rule<StemConvolution> = (graph, inputs, options) =>
  graph.device === 'cuda' ? stemByPlanes(graph, inputs, options) : stemByRows(graph, inputs, options);

const stemByRows: Rule<StemConvolution> = (graph, [clip, weights], { stride }) => {
  const [, clips, frames, height, width] = dimsOfRank5(clip, 'stemConvolution');
  const [channels, colours, length, side] = dimsOfRank5(weights, 'stemConvolution');
  const padding = Math.floor(side / 2);
  const stack = length * channels;
  const perFrame = transpose(graph, weights, [0, 2, 3, 4, 1]);
  const pads = [0, padding, colours * padding];
  const convolved = convolve(
    graph,
    reshape(graph, clip, [1, 1, clips * frames, height, width]),
    reshape(graph, perFrame, [stack, 1, 1, side, colours * side]),
    { strides: [1, stride, colours * stride], padsBefore: pads, padsAfter: pads },
  );
  const [rows, columns] = [convolved.dims[3]!, convolved.dims[4]!];
  const taps = reshape(graph, convolved, [channels, length, clips, frames, rows * columns]);
  const output = reshape(graph, sumShifted(graph, taps), [channels, clips, frames, rows, columns]);
  return {
    output,
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, [channels, clips, frames, rows * columns]);
      const byTaps = reshape(graph, stackShifted(graph, dy, length), [stack, clips * frames, rows, columns]);
      const correlated = correlate(graph, clip, byTaps, { side, stride, padding, colours });
      const split = reshape(graph, correlated, [channels, length, side, side, colours]);
      return [undefined, transpose(graph, split, [0, 4, 1, 2, 3])];
    },
  };
};

interface Correlation {
  readonly side: number;
  readonly stride: number;
  readonly padding: number;
  readonly colours: number;
}

/**
 * Weight gradient as a convolution with the roles exchanged: frames are the channels, and the gradient
 * `[Co * k_t, N * T, H', W']` is the kernel, its taps a stride apart. Result `[1, Co * k_t, side, colours * side]`. The
 * runtime gathers the image columns piece by piece in cache; spelled out as slices they would be the largest tensor of
 * the whole step.
 */
function correlate(
  graph: Graph,
  clip: Value,
  gradient: Value,
  { side, stride, padding, colours }: Correlation,
): Value {
  const [, clips, frames, height, width] = dimsOfRank5(clip, 'stemConvolution');
  const [rows, columns] = [gradient.dims[2]!, gradient.dims[3]!];
  // Zeros after the image, so that exactly `side` positions come out; negative: pixels that no window saw.
  const after = (length: number, positions: number): number =>
    side + stride * (positions - 1) - length - padding;
  const ends = [after(height, rows), colours * after(width / colours, columns)];
  const seen = pad(
    graph,
    reshape(graph, clip, [1, clips * frames, height, width]),
    ends.map((length, index) => ({ axis: index + 2, before: 0, after: Math.min(length, 0) })),
  );
  return convolve(graph, seen, gradient, {
    strides: [1, 1],
    padsBefore: [padding, colours * padding],
    padsAfter: ends.map((length) => Math.max(length, 0)),
    dilations: [stride, colours * stride],
  });
}
