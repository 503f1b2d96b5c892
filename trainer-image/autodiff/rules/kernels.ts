/**
 * Kernels for input gradients, made from the weights inside the graph. In: weights `[Co, Ci, 1, k, k]`. Out: kernels with
 * channels swapped.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { gather, reshape, transpose } from '../../graph/view.ts';

/** The kernel turned by 180 degrees, `[Ci, Co, 1, k, k]`: stride-1 input gradients convolve with it. */
export function turnedKernel(graph: Graph, weights: Value): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'turnedKernel');
  const count = side * side;
  // A product with a matrix of zeros and ones turns the taps around: faster than Gather, which copies tap by tap.
  const reversal = Array.from({ length: count * count }, (_, place) =>
    Math.floor(place / count) + (place % count) === count - 1 ? 1 : 0,
  );
  const rows = reshape(graph, weights, [outputChannels * inputChannels, count]);
  const turned = matrixProduct(graph, rows, graph.floats(reversal, [count, count], floatType(weights)));
  const swapped = transpose(graph, reshape(graph, turned, [outputChannels, inputChannels, count]), [1, 0, 2]);
  return reshape(graph, swapped, [inputChannels, outputChannels, 1, side, side]);
}

/** Taps of the kernel that input positions of one parity were seen by. */
export interface PhaseTap {
  /** Number of the tap, row by row. */
  readonly tap: number;
  /** The tap saw input row 2 m + parity at output row m + `rowOffset`; columns alike. */
  readonly rowOffset: number;
  readonly columnOffset: number;
}

/**
 * With stride 2, input row 2 m + parity was seen by tap r at output row m + (parity + padding - r) / 2, if that is a whole
 * number: so every parity of rows and columns has some of the taps for itself. Rows of the answer: (even, even), (even,
 * odd), (odd, even), (odd, odd).
 */
export function phaseTaps(side: number, padding: number): readonly (readonly PhaseTap[])[] {
  const along = (parity: number): readonly { readonly at: number; readonly offset: number }[] =>
    Array.from({ length: side }, (_, at) => ({ at, offset: (parity + padding - at) / 2 })).filter(
      ({ offset }) => Number.isInteger(offset),
    );
  return [0, 1].flatMap((rowParity) =>
    [0, 1].map((columnParity) =>
      along(rowParity).flatMap((row) =>
        along(columnParity).map((column) => ({
          tap: row.at * side + column.at,
          rowOffset: row.offset,
          columnOffset: column.offset,
        })),
      ),
    ),
  );
}

/** Some taps of the weights as one matrix with channels swapped, `[Ci, taps * Co]`. */
export function tapsMatrix(graph: Graph, weights: Value, taps: readonly number[]): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'tapsMatrix');
  const count = side * side;
  const swapped = transpose(graph, reshape(graph, weights, [outputChannels, inputChannels * count]), [1, 0]);
  const byTap = reshape(graph, swapped, [inputChannels, count, outputChannels]);
  return reshape(graph, gather(graph, byTap, taps, 1), [inputChannels, taps.length * outputChannels]);
}
