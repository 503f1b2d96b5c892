/**
 * Kernels for input gradients, made from the weights inside the graph. In: weights `[Co, Ci, 1, k, k]`. Out: kernels with
 * channels swapped. Taps are moved by a product with a matrix of zeros and ones, which is faster than Gather.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, transpose } from '../../graph/view.ts';

/** The kernel turned by 180 degrees, `[Ci, Co, 1, k, k]`: stride-1 input gradients convolve with it. */
export function turnedKernel(graph: Graph, weights: Value): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'turnedKernel');
  const count = side * side;
  const moved = moveTaps(
    graph,
    weights,
    Array.from({ length: count }, (_, tap) => count - 1 - tap),
  );
  const swapped = transpose(graph, reshape(graph, moved, [outputChannels, inputChannels, count]), [1, 0, 2]);
  return reshape(graph, swapped, [inputChannels, outputChannels, 1, side, side]);
}

export interface PhaseKernel {
  /** `[4 * Ci, Co, 1, side, side]`, phases by row parity, then column parity. */
  readonly kernel: Value;
  readonly side: number;
  /** Zeros before the gradient on H and W. */
  readonly before: number;
}

/**
 * The kernel of a stride-2 input gradient. Row 2m + parity of the input was seen by tap r at output row
 * m + (parity + padding - r) / 2, so every parity is a dense convolution of the gradient with every second tap; the four
 * are stacked as channels over one common window, at the price of some zeros.
 */
export function phaseKernel(graph: Graph, weights: Value, padding: number): PhaseKernel {
  const [outputChannels, inputChannels, , taps] = dimsOfRank5(weights, 'phaseKernel');
  const offsets = Array.from({ length: taps }, (_, tap) =>
    [0, 1].map((parity) => (parity + padding - tap) / 2),
  )
    .flat()
    .filter((offset) => Number.isInteger(offset));
  const first = Math.min(...offsets);
  const side = Math.max(...offsets) - first + 1;
  const tapAt = (parity: number, position: number): number | undefined => {
    const tap = parity + padding - 2 * (position + first);
    return tap >= 0 && tap < taps ? tap : undefined;
  };
  const sources = Array.from({ length: 4 * side * side }, (_, index) => {
    const [phase, position] = [Math.floor(index / (side * side)), index % (side * side)];
    const row = tapAt(Math.floor(phase / 2), Math.floor(position / side));
    const column = tapAt(phase % 2, position % side);
    return row === undefined || column === undefined ? undefined : row * taps + column;
  });
  const moved = reshape(graph, moveTaps(graph, weights, sources), [
    outputChannels,
    inputChannels,
    4,
    side * side,
  ]);
  const kernel = reshape(graph, transpose(graph, moved, [2, 1, 0, 3]), [
    4 * inputChannels,
    outputChannels,
    1,
    side,
    side,
  ]);
  return { kernel, side, before: -first };
}

/** `[Co * Ci, sources]`: tap i of the result is tap `sources[i]` of the weights, or zero. */
function moveTaps(graph: Graph, weights: Value, sources: readonly (number | undefined)[]): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'moveTaps');
  const count = side * side;
  const selection = new Array<number>(count * sources.length).fill(0);
  sources.forEach((source, index) => {
    if (source !== undefined) {
      selection[source * sources.length + index] = 1;
    }
  });
  const rows = reshape(graph, weights, [outputChannels * inputChannels, count]);
  return matrixProduct(graph, rows, graph.floats(selection, [count, sources.length], floatType(weights)));
}
