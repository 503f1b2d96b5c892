/**
 * Pooling along one axis, any window and step: maximum and sum. A window over several axes is pooled one axis after the
 * other, which gives the same numbers and short gradients. In: a value of any shape. Out: the value with a shorter axis.
 * Of equal maxima inside a window the first along the axis gets the gradient.
 */
import { cast, compare, multiply, subtract, sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { around } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice } from '../../graph/view.ts';
import { maxPool, windowPositions } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';
import { placeFrames } from './frame-shifts.ts';

export type AxisPool = Operation<
  readonly [x: Value],
  {
    readonly axis: number;
    readonly length: number;
    readonly stride: number;
    /** Elements before and after the axis that no window counts. */
    readonly before: number;
    readonly after: number;
  }
>;

export const axisMaxPool: Rule<AxisPool> = (graph, [x], options) => {
  const view = around(x.dims, options.axis);
  const lines = reshape(graph, x, [1, ...view]);
  const pooled = maxPool(graph, lines, [options.length, 1], {
    strides: [options.stride, 1],
    padsBefore: [options.before, 0],
    padsAfter: [options.after, 0],
  });
  const positions = pooled.dims[2]!;
  const [outer, , inner] = view;
  const outputDims = x.dims.with(options.axis, positions);
  return {
    output: reshape(graph, pooled, outputDims),
    derivative: (gradient) => {
      const dims = [outer, positions, inner];
      const y = reshape(graph, pooled, dims);
      const dy = reshape(graph, gradient, dims);
      const parts: Value[] = [];
      let left: Value = dy;
      for (const tap of tapsAlong(graph, reshape(graph, x, view), options, LOWEST)) {
        const part = multiply(graph, left, cast(graph, compare(graph, 'Equal', tap, y), x.type));
        parts.push(part);
        left = subtract(graph, left, part);
      }
      return [placeTaps(graph, parts, x, options)];
    },
  };
};

export const axisSumPool: Rule<AxisPool> = (graph, [x], options) => {
  const view = around(x.dims, options.axis);
  const taps = tapsAlong(graph, reshape(graph, x, view), options, 0);
  const outputDims = x.dims.with(options.axis, taps[0]!.dims[1]!);
  return {
    output: reshape(graph, sum(graph, taps), outputDims),
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, taps[0]!.dims);
      return [
        placeTaps(
          graph,
          taps.map(() => dy),
          x,
          options,
        ),
      ];
    },
  };
};

/** Below every float16 activation, and so below every float32 one that matters. */
const LOWEST = -65504;

/** For every place in the window, the elements there: `[outer, positions, inner]`. */
function tapsAlong(graph: Graph, x: Value, options: AxisPool['options'], fill: number): readonly Value[] {
  const { length, stride, before, after } = options;
  const positions = windowPositions(x.dims[1]!, { kernel: length, stride, pads: before + after });
  const padded = pad(graph, x, [{ axis: 1, before, after }], fill);
  return Array.from({ length }, (_, tap) =>
    slice(graph, padded, [{ axis: 1, start: tap, end: tap + stride * (positions - 1) + 1, step: stride }]),
  );
}

/** The transpose of `tapsAlong`, with the dimensions of x. */
function placeTaps(
  graph: Graph,
  taps: readonly Value[],
  x: Value,
  { axis, length, stride, before }: AxisPool['options'],
): Value {
  const [outer, frames, inner] = around(x.dims, axis);
  const positions = taps[0]!.dims[1]!;
  const parts = taps.map((tap) => reshape(graph, tap, [outer, 1, positions, inner]));
  const stack = reshape(graph, concat(graph, parts, 1), [outer, length, 1, positions, inner]);
  const placed = placeFrames(graph, stack, { length, stride, padding: before, frames });
  return reshape(graph, placed, x.dims);
}
