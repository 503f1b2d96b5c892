/**
 * Convolution k x 1 x 1. In: activations `[Ci, N, T, H, W]` and weights `[Co, Ci, k, 1, 1]`. Out: `[Co, N, T', H, W]`.
 * Rows and columns are merged into one axis, clips into another, so that one Conv of kernel (1, k, 1) does it.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { convolve } from '../../graph/window.ts';
import { pad, reshape, slice, transpose } from '../../graph/view.ts';
import { matrixProduct } from '../../graph/product.ts';
import type { Result, Rule } from '../rule.ts';
import { asMatrix, weightGradient } from './taps.ts';

export interface TemporalConvolution {
  readonly inputs: readonly [x: Value, weights: Value];
  readonly options: {
    /** Step along T. */
    readonly stride: number;
    /** Zeros before and after T; below the kernel's length. */
    readonly padding: number;
  };
  readonly result: Result;
}

export const temporalConvolution: Rule<TemporalConvolution> = (graph, [x, weights], { stride, padding }) => {
  const [inputChannels, clips, frames, height, width] = dimsOfRank5(x, 'temporalConvolution');
  const [outputChannels, , length] = dimsOfRank5(weights, 'temporalConvolution');
  const kernel = reshape(graph, weights, [outputChannels, inputChannels, 1, length, 1]);
  const convolved = convolve(
    graph,
    reshape(graph, x, [1, inputChannels, clips, frames, height * width]),
    kernel,
    {
      strides: [1, stride, 1],
      padsBefore: [0, padding, 0],
      padsAfter: [0, padding, 0],
    },
  );
  const positions = convolved.dims[3]!;
  return {
    output: reshape(graph, convolved, [outputChannels, clips, positions, height, width]),
    derivative: (gradient) => {
      const padded = pad(graph, x, [{ axis: 2, before: padding, after: padding }]);
      const taps = Array.from({ length }, (_, tap) =>
        asMatrix(
          graph,
          slice(graph, padded, [
            { axis: 2, start: tap, end: tap + stride * (positions - 1) + 1, step: stride },
          ]),
        ),
      );
      return [
        inputGradient(graph, gradient, weights, { stride, padding, dims: x.dims }),
        weightGradient(graph, asMatrix(graph, gradient), taps, weights.dims),
      ];
    },
  };
};

/** The gradient, spread out by the stride with zeros between, convolved with the reversed kernel. */
function inputGradient(
  graph: Graph,
  gradient: Value,
  weights: Value,
  shape: { readonly stride: number; readonly padding: number; readonly dims: readonly number[] },
): Value {
  const { stride, padding, dims } = shape;
  const [outputChannels, inputChannels, length] = dimsOfRank5(weights, 'temporalConvolution');
  const [, clips, positions, height, width] = dimsOfRank5(gradient, 'temporalConvolution');
  const frames = dims[2]!;
  const spaced = pad(
    graph,
    reshape(graph, gradient, [outputChannels * clips, positions, 1, height * width]),
    [{ axis: 2, before: 0, after: stride - 1 }],
  );
  const before = length - 1 - padding;
  // Frames needed so that the stride-1 convolution below gives exactly `frames` positions.
  const after = frames - positions * stride - before + length - 1;
  const volume = reshape(graph, spaced, [1, outputChannels, clips, positions * stride, height * width]);
  const cut =
    after < 0 ? slice(graph, volume, [{ axis: 3, start: 0, end: positions * stride + after }]) : volume;
  const convolved = convolve(graph, cut, reversed(graph, weights), {
    strides: [1, 1, 1],
    padsBefore: [0, before, 0],
    padsAfter: [0, Math.max(after, 0), 0],
  });
  return reshape(graph, convolved, [inputChannels, clips, frames, height, width]);
}

/** Channels swapped and taps in reverse order, `[Ci, Co, 1, k, 1]`. */
function reversed(graph: Graph, weights: Value): Value {
  const [outputChannels, inputChannels, length] = dimsOfRank5(weights, 'temporalConvolution');
  const reversal = new Float32Array(length * length);
  for (let tap = 0; tap < length; tap += 1) {
    reversal[tap * length + (length - 1 - tap)] = 1;
  }
  const rows = reshape(graph, weights, [outputChannels * inputChannels, length]);
  const turned = matrixProduct(graph, rows, graph.constant(reversal, [length, length]));
  const swapped = transpose(
    graph,
    reshape(graph, turned, [outputChannels, inputChannels, length]),
    [1, 0, 2],
  );
  return reshape(graph, swapped, [inputChannels, outputChannels, 1, length, 1]);
}
