/**
 * Convolution 1x1x1 with a spatial stride: a matrix product over channels. In: activations `[Ci, N, T, H, W]` and
 * weights `[Co, Ci, 1, 1, 1]`. Out: `[Co, N, T, H', W']`. All three products (forward and both gradients) are plain
 * matrix products over all positions of all clips.
 */
import { matrixProduct, transposedProduct } from '../../graph/product.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import { convolve } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';
import { evenPositions, spreadToEven } from './parity.ts';
import { asMatrix } from './taps.ts';

export type PointwiseConvolution = Operation<
  readonly [x: Value, weights: Value],
  {
    /** Step along H and W. */
    readonly stride: 1 | 2;
  }
>;

/** On the processor: a convolution of one tap is the product itself, without the reshapes around it. */
const UNIT_STEP = { strides: [1, 1, 1], padsBefore: [0, 0, 0], padsAfter: [0, 0, 0] };

export const pointwiseConvolution: Rule<PointwiseConvolution> = (graph, [x, weights], { stride }) => {
  const [inputChannels, clips, frames] = dimsOfRank5(x, 'pointwiseConvolution');
  const [outputChannels] = dimsOfRank5(weights, 'pointwiseConvolution');
  const seen = stride === 1 ? x : evenPositions(graph, x);
  const [, , , rows, columns] = dimsOfRank5(seen, 'pointwiseConvolution');
  const volume = reshape(graph, seen, [1, inputChannels, clips * frames, rows, columns]);
  const matrix = reshape(graph, weights, [outputChannels, inputChannels]);
  const convolved =
    graph.device === 'cuda'
      ? matrixProduct(graph, matrix, asMatrix(graph, seen))
      : convolve(graph, volume, weights, UNIT_STEP);
  return {
    output: reshape(graph, convolved, [outputChannels, clips, frames, rows, columns]),
    derivative: (gradient) => {
      const dy = asMatrix(graph, gradient);
      const bySeen = reshape(graph, transposedProduct(graph, matrix, dy), seen.dims);
      const byMatrix = matrixProduct(graph, dy, asMatrix(graph, seen), { transposeB: true });
      return [
        stride === 1 ? bySeen : spreadToEven(graph, bySeen, x.dims),
        reshape(graph, byMatrix, weights.dims),
      ];
    },
  };
};
