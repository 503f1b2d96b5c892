/**
 * The gradients of a convolution 1 x k x k as a GPU likes them; `spatial-convolution.ts` has the processor's ways and calls
 * these for a GPU. By the input: ConvTranspose with the plain weights, for which cuDNN has a kernel with any stride. By the
 * weights: products over all positions with what the taps saw, each tap a slice.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { pad, reshape, slice } from '../../graph/view.ts';
import { convolveTransposed } from '../../graph/window.ts';
import { asMatrix, gradientOfTaps } from './taps.ts';

export interface GpuWindow {
  readonly stride: number;
  readonly padding: number;
}

/** @param gradient - by the output, `[Co, N, T, H', W']`. @param x - the input, `[Ci, N, T, H, W]`. */
export function gpuGradients(
  graph: Graph,
  gradient: Value,
  [x, weights]: readonly [x: Value, weights: Value],
  window: GpuWindow,
): readonly [byInput: Value, byWeights: Value] {
  return [transposed(graph, gradient, weights, x.dims, window), tapwise(graph, gradient, x, weights, window)];
}

function transposed(
  graph: Graph,
  gradient: Value,
  weights: Value,
  dims: readonly number[],
  { stride, padding }: GpuWindow,
): Value {
  const [channels, clips, frames, rows, columns] = dimsOfRank5(gradient, 'gpuGradients');
  const depth = clips * frames;
  const pads = [0, padding, padding];
  const volume = reshape(graph, gradient, [1, channels, depth, rows, columns]);
  const spread = convolveTransposed(graph, volume, weights, {
    strides: [1, stride, stride],
    padsBefore: pads,
    padsAfter: pads,
    space: [depth, dims[3]!, dims[4]!],
  });
  return reshape(graph, spread, dims);
}

function tapwise(
  graph: Graph,
  gradient: Value,
  x: Value,
  weights: Value,
  { stride, padding }: GpuWindow,
): Value {
  const [, , , rows, columns] = dimsOfRank5(gradient, 'gpuGradients');
  const side = weights.dims[4]!;
  const padded = pad(graph, x, [
    { axis: 3, before: padding, after: padding },
    { axis: 4, before: padding, after: padding },
  ]);
  const end = (tap: number, positions: number): number => tap + stride * (positions - 1) + 1;
  const taps = Array.from({ length: side * side }, (_, tap) => {
    const [top, left] = [Math.floor(tap / side), tap % side];
    return slice(graph, padded, [
      { axis: 3, start: top, end: end(top, rows), step: stride },
      { axis: 4, start: left, end: end(left, columns), step: stride },
    ]);
  });
  return gradientOfTaps(graph, asMatrix(graph, gradient), taps, weights.dims);
}
