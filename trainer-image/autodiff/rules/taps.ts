/**
 * The weight gradient of a convolution, tap by tap. In: the output's gradient and, for every tap of the kernel, the
 * input elements that the tap saw. Out: the gradient of the weights. One product over all positions per tap: no
 * per-clip sums, which is what the layout `[C, N, T, H, W]` is for.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { elementCount } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, reshape, transpose } from '../../graph/view.ts';

/** An activation `[C, ...]` as the matrix `[C, positions]`. */
export function asMatrix(graph: Graph, x: Value): Value {
  const channels = x.dims[0]!;
  return reshape(graph, x, [channels, elementCount(x.dims) / channels]);
}

/**
 * @param gradient Gradient by the output, `[Co, P]`.
 * @param taps For every tap of the kernel, in order, the input it saw, `[Ci, P]`.
 * @param dims Dimensions of the weights, `[Co, Ci, ...kernel]`.
 */
export function weightGradient(
  graph: Graph,
  gradient: Value,
  taps: readonly Value[],
  dims: readonly number[],
): Value {
  const products = taps.map((tap) => matrixProduct(graph, gradient, tap, { transposeB: true }));
  const [outputChannels, inputChannels] = [dims[0]!, dims[1]!];
  const stacked = reshape(graph, concat(graph, products, 0), [taps.length, outputChannels, inputChannels]);
  return reshape(graph, transpose(graph, stacked, [1, 2, 0]), dims);
}
