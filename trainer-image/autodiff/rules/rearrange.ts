/**
 * Operations that move or repeat elements and compute nothing: other dimensions, other axis order, repetition, slices,
 * joins, zeros around. In: values of any shape. Out: values whose elements are those of the inputs. Imported networks are
 * full of them.
 */
import type { Graph } from '../../graph/graph.ts';
import { around, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import {
  concat as emitConcat,
  expand as emitExpand,
  pad as emitPad,
  reshape as emitReshape,
  slice as emitSlice,
  transpose as emitTranspose,
  zeros,
} from '../../graph/view.ts';
import type { Padding, SliceRange } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';
import { sumTo } from './broadcast.ts';

type OfOne<Options> = Operation<readonly [x: Value], Options>;

export type Reshape = OfOne<{ readonly dims: readonly number[] }>;

export const reshape: Rule<Reshape> = (graph, [x], { dims }) => ({
  output: emitReshape(graph, x, dims),
  derivative: (gradient) => [emitReshape(graph, gradient, x.dims)],
});

/** Axis i of the result is axis `permutation[i]` of x. */
export type Transpose = OfOne<{ readonly permutation: readonly number[] }>;

export const transpose: Rule<Transpose> = (graph, [x], { permutation }) => ({
  output: emitTranspose(graph, x, permutation),
  derivative: (gradient) => {
    const back = permutation.map((_, axis) => permutation.indexOf(axis));
    return [emitTranspose(graph, gradient, back)];
  },
});

/** Repetition along axes of length 1 and along new axes in front. */
export type Expand = OfOne<{ readonly dims: readonly number[] }>;

export const expand: Rule<Expand> = (graph, [x], { dims }) => ({
  output: emitExpand(graph, x, dims),
  derivative: (gradient) => [sumTo(graph, gradient, x.dims)],
});

/** Zeros (or another number) around x. */
export type Pad = OfOne<{ readonly paddings: readonly Padding[]; readonly fill?: number }>;

export const pad: Rule<Pad> = (graph, [x], { paddings, fill = 0 }) => ({
  output: emitPad(graph, x, paddings, fill),
  derivative: (gradient) => {
    const inside = paddings.map(({ axis, before }) => ({ axis, start: before, end: before + x.dims[axis]! }));
    return [emitSlice(graph, gradient, inside)];
  },
});

/** Every `step`-th element of ranges. */
export type Slice = OfOne<{ readonly ranges: readonly SliceRange[] }>;

export const slice: Rule<Slice> = (graph, [x], { ranges }) => ({
  output: emitSlice(graph, x, ranges),
  derivative: (gradient) => {
    const spread = ranges.reduce(
      (part, { axis, step = 1 }) => spreadAlong(graph, part, axis, step),
      gradient,
    );
    const around = ranges.map(({ axis, start }) => ({
      axis,
      before: start,
      after: x.dims[axis]! - start - spread.dims[axis]!,
    }));
    return [emitPad(graph, spread, around)];
  },
});

/** `step - 1` zeros between neighbours along an axis. */
export function spreadAlong(graph: Graph, x: Value, axis: number, step: number): Value {
  const [outer, length, inner] = around(x.dims, axis);
  if (step === 1 || length === 1) {
    return x;
  }
  const columns = emitReshape(graph, x, [outer * length, 1, inner]);
  const gaps = zeros(graph, [outer * length, step - 1, inner], floatType(x));
  const spread = emitReshape(graph, emitConcat(graph, [columns, gaps], 1), x.dims.with(axis, length * step));
  return emitSlice(graph, spread, [{ axis, start: 0, end: (length - 1) * step + 1 }]);
}

/** Values one after the other along an axis. */
export type Concat = Operation<readonly Value[], { readonly axis: number }>;

export const concat: Rule<Concat> = (graph, inputs, { axis }) => ({
  output: emitConcat(graph, inputs, axis),
  derivative: (gradient) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + input.dims[axis]!;
      const part = emitSlice(graph, gradient, [{ axis, start, end }]);
      start = end;
      return part;
    });
  },
});
