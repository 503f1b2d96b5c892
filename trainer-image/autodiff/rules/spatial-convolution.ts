/**
 * Convolution 1 x k x k. In: activations `[Ci, N, T, H, W]` and weights `[Co, Ci, 1, k, k]`. Out: `[Co, N, T, H', W']`.
 * Clips and frames are merged into the depth axis of one Conv, which is legal since the temporal kernel is 1. Both
 * gradients are dense: with stride 2 they are computed per parity of rows and columns.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, joinParities, pad, reshape, slice, zeros } from '../../graph/view.ts';
import { convolve } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';
import { gpuGradients } from './gpu-spatial-gradients.ts';
import { imageColumns } from './image-columns.ts';
import type { ImageWindow } from './image-columns.ts';
import { phaseTaps, tapsMatrix, turnedKernel } from './kernels.ts';
import { parityPhases } from './parity.ts';
import { asMatrix, gradientOfTaps } from './taps.ts';

export type SpatialConvolution = Operation<
  readonly [x: Value, weights: Value],
  {
    /** Step along H and W. */
    readonly stride: 1 | 2;
    /** Zeros around H and W; below the kernel's side. */
    readonly padding: number;
  }
>;

export const spatialConvolution: Rule<SpatialConvolution> = (graph, [x, weights], options) => {
  const [, clips, frames] = dimsOfRank5(x, 'spatialConvolution');
  const [outputChannels] = dimsOfRank5(weights, 'spatialConvolution');
  const { stride, padding } = options;
  const pads = [0, padding, padding];
  const convolved = convolve(graph, asVolume(graph, x), weights, {
    strides: [1, stride, stride],
    padsBefore: pads,
    padsAfter: pads,
  });
  const [rows, columns] = [convolved.dims[3]!, convolved.dims[4]!];
  const byInput = stride === 1 ? inputGradient : stridedInputGradient;
  const byWeights = stride === 1 ? weightGradient : stridedWeightGradient;
  return {
    output: reshape(graph, convolved, [outputChannels, clips, frames, rows, columns]),
    derivative: (gradient) =>
      graph.device === 'cuda'
        ? gpuGradients(graph, gradient, [x, weights], options)
        : [
            byInput(graph, gradient, weights, { padding, dims: x.dims }),
            byWeights(graph, asMatrix(graph, gradient), x, {
              side: weights.dims[4]!,
              padding,
              rows,
              columns,
            }),
          ],
  };
};

/** `[C, N, T, H, W]` as one image stack `[1, C, N * T, H, W]`. */
function asVolume(graph: Graph, x: Value): Value {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'spatialConvolution');
  return reshape(graph, x, [1, channels, clips * frames, height, width]);
}

/** Stride 1, `[Co, Ci, 1, k, k]`: one product with everything that the taps saw. */
function weightGradient(graph: Graph, gradient: Value, x: Value, window: ImageWindow): Value {
  const columns = imageColumns(graph, x, window);
  const product = matrixProduct(graph, gradient, columns, { transposeB: true });
  const { side } = window;
  return reshape(graph, product, [gradient.dims[0]!, x.dims[0]!, 1, side, side]);
}

/** Stride 2: tap (row, column) meets only elements of one parity, so every tap is a window of a dense phase. */
function stridedWeightGradient(graph: Graph, gradient: Value, x: Value, window: ImageWindow): Value {
  const { padding, side, rows, columns } = window;
  const padded = pad(graph, x, [
    { axis: 3, before: padding, after: padding },
    { axis: 4, before: padding, after: padding },
  ]);
  const phases = parityPhases(graph, padded);
  const seen = Array.from({ length: side * side }, (_, tap) => {
    const [row, column] = [Math.floor(tap / side), tap % side];
    const [top, left] = [Math.floor(row / 2), Math.floor(column / 2)];
    return slice(graph, phases[parityOf(row)][parityOf(column)], [
      { axis: 3, start: top, end: top + rows },
      { axis: 4, start: left, end: left + columns },
    ]);
  });
  return gradientOfTaps(graph, gradient, seen, [gradient.dims[0]!, x.dims[0]!, 1, side, side]);
}

function parityOf(position: number): 0 | 1 {
  return position % 2 === 0 ? 0 : 1;
}

interface InputShape {
  readonly padding: number;
  /** `[Ci, N, T, H, W]` */
  readonly dims: readonly number[];
}

/** Stride 1: the convolution of the gradient with the kernel turned by 180 degrees, channels swapped. */
function inputGradient(graph: Graph, gradient: Value, weights: Value, { padding, dims }: InputShape): Value {
  const reach = weights.dims[4]! - 1 - padding;
  const pads = [0, reach, reach];
  const convolved = convolve(graph, asVolume(graph, gradient), turnedKernel(graph, weights), {
    strides: [1, 1, 1],
    padsBefore: pads,
    padsAfter: pads,
  });
  return reshape(graph, convolved, dims);
}

/**
 * Stride 2: every parity of rows and columns is one product of its taps with what they saw of the gradient; then the four
 * are interleaved.
 */
function stridedInputGradient(
  graph: Graph,
  gradient: Value,
  weights: Value,
  { padding, dims }: InputShape,
): Value {
  const [inputChannels, clips, frames, height, width] = [dims[0]!, dims[1]!, dims[2]!, dims[3]!, dims[4]!];
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const phases = phaseTaps(weights.dims[4]!, padding).map((taps) => {
    const phaseDims = [inputChannels, clips * frames * rows, columns];
    if (taps.length === 0) {
      return zeros(graph, phaseDims, floatType(gradient));
    }
    const seen = taps.map(({ rowOffset, columnOffset }) =>
      pad(graph, gradient, [
        { axis: 3, before: -rowOffset, after: rows - gradient.dims[3]! + rowOffset },
        { axis: 4, before: -columnOffset, after: columns - gradient.dims[4]! + columnOffset },
      ]),
    );
    const kernel = tapsMatrix(
      graph,
      weights,
      taps.map(({ tap }) => tap),
    );
    const product = matrixProduct(graph, kernel, asMatrix(graph, concat(graph, seen, 0)));
    return reshape(graph, product, phaseDims);
  });
  const joined = joinParities(
    graph,
    reshape(graph, concat(graph, phases, 0), [1, 4 * inputChannels, clips * frames * rows, columns]),
  );
  return slice(graph, reshape(graph, joined, [inputChannels, clips, frames, 2 * rows, 2 * columns]), [
    { axis: 3, start: 0, end: height },
    { axis: 4, start: 0, end: width },
  ]);
}
