/**
 * The weight gradient of a convolution from its taps. In: the output's gradient and, for every tap of the kernel, the
 * input elements that the tap saw. Out: the gradient of the weights. Products run over all positions of all clips: no
 * per-clip sums, which is what the layout `[C, N, T, H, W]` is for.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { elementCount } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, reshape, transpose } from '../../graph/view.ts';

/** Below this many input channels one wide product over all taps beats a narrow one for each. */
const WIDE_PRODUCT_CHANNELS = 64;

/** An activation `[C, ...]` as the matrix `[C, positions]`. */
export function asMatrix(graph: Graph, x: Value): Value {
  const channels = x.dims[0]!;
  return reshape(graph, x, [channels, elementCount(x.dims) / channels]);
}

/**
 * @param gradient Gradient by the output, `[Co, P]`.
 * @param taps For every tap of the kernel, in order, the input it saw, `[Ci, ...]` with P positions.
 * @param dims Dimensions of the weights, `[Co, Ci, ...kernel]`.
 */
export function gradientOfTaps(
  graph: Graph,
  gradient: Value,
  taps: readonly Value[],
  dims: readonly number[],
): Value {
  const [outputChannels, inputChannels] = [dims[0]!, dims[1]!];
  if (inputChannels < WIDE_PRODUCT_CHANNELS) {
    const columns = asMatrix(graph, concat(graph, taps, 0));
    const product = matrixProduct(graph, gradient, columns, { transposeB: true });
    const byTap = reshape(graph, product, [outputChannels, taps.length, inputChannels]);
    return reshape(graph, transpose(graph, byTap, [0, 2, 1]), dims);
  }
  const products = taps.map((tap) =>
    matrixProduct(graph, gradient, asMatrix(graph, tap), { transposeB: true }),
  );
  const stacked = reshape(graph, concat(graph, products, 0), [taps.length, outputChannels, inputChannels]);
  return reshape(graph, transpose(graph, stacked, [1, 2, 0]), dims);
}
