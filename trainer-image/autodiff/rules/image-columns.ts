/**
 * What every tap of a spatial kernel sees of an image, with stride 1. In: activations `[C, N, T, H, W]`. Out: one row per
 * channel and tap, in the order of the weights, `[C * k * k, P]`. Whole rows of pixels are gathered from copies of the
 * image shifted sideways, one per column of the kernel: one pass that all threads share. Next: the weight gradient is one
 * product with it.
 */
import type { Graph } from '../../graph/graph.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, gather, pad, reshape } from '../../graph/view.ts';

export interface ImageWindow {
  /** Taps of the kernel along H and along W. */
  readonly side: number;
  /** Zeros around H and W. */
  readonly padding: number;
  /** Positions of the window along H and W. */
  readonly rows: number;
  readonly columns: number;
}

export function imageColumns(graph: Graph, x: Value, window: ImageWindow): Value {
  const { side, padding, rows, columns } = window;
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'imageColumns');
  const images = clips * frames;
  const lines = reshape(graph, x, [channels, images * height, width]);
  const shifted = Array.from({ length: side }, (_, column) =>
    pad(graph, lines, [
      // Behind the last copy, the line of zeros that taps above and below the image see.
      { axis: 1, before: 0, after: column === side - 1 ? 1 : 0 },
      { axis: 2, before: padding - column, after: columns - width - padding + column },
    ]),
  );
  const zeroLine = side * images * height;
  const seen = Array.from({ length: side * side }, (_, tap) =>
    Array.from({ length: images * rows }, (_unused, position) => {
      const line = (position % rows) + Math.floor(tap / side) - padding;
      const image = (tap % side) * images + Math.floor(position / rows);
      return line >= 0 && line < height ? image * height + line : zeroLine;
    }),
  ).flat();
  const gathered = gather(graph, concat(graph, shifted, 1), seen, 1);
  return reshape(graph, gathered, [channels * side * side, images * rows * columns]);
}
