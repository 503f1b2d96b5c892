/**
 * Operators that take pieces of a value or put pieces together: Slice, Split, Concat, Gather. In: nodes whose
 * positions are known by the time they are reached. Out: the same on our tape, in the layout that the operand has.
 */
import { elementCount } from '../../../graph/value.ts';
import { foldConcat, foldGather, given } from '../fold.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import { knownTensor, pickElements, stridesOf } from '../known-tensor.ts';
import type { KnownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf, known } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { align } from './alignment.ts';
import { ownLayout, required } from './elementwise.ts';
import { knownList } from './shape.ts';

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Starts and ends as ONNX means them: negative from the end, cut to the axis. */
function rangesOf(node: NodeReader, inputs: Inputs, dims: readonly number[]): readonly Range[] {
  const starts = knownList(node, inputs, 1) ?? [];
  const ends = knownList(node, inputs, 2) ?? [];
  const axes = knownList(node, inputs, 3) ?? starts.map((_, axis) => axis);
  const steps = knownList(node, inputs, 4) ?? starts.map(() => 1);
  return starts.map((start, index) => {
    const axis = node.axis(axes[index] ?? 0, dims.length);
    const length = dims[axis]!;
    const step = steps[index] ?? 1;
    const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
    const counted = (position: number): number =>
      Math.min(Math.max(position < 0 ? position + length : position, least), most);
    return { axis, start: counted(start), end: counted(ends[index] ?? length), step };
  });
}

function sliceKnown(x: KnownTensor, ranges: readonly Range[]): KnownTensor {
  const dims = [...x.dims];
  for (const { axis, start, end, step } of ranges) {
    dims[axis] = Math.max(0, Math.ceil((end - start) / step));
  }
  return pickElements(x, dims, (place) =>
    place.map((position, axis) => {
      const range = ranges.find((entry) => entry.axis === axis);
      return range === undefined ? position : range.start + position * range.step;
    }),
  );
}

/** Ranges of an operand, in its own layout; a negative step takes elements one by one. */
export function take(walk: Walk, x: Operand, ranges: readonly Range[]): Operand {
  if (x.kind === 'known') {
    return known(sliceKnown(x.tensor, ranges));
  }
  const layout = ownLayout(x);
  const lengths = dimsOf(x).map((length, axis) => {
    const range = ranges.find((entry) => entry.axis === axis);
    return range === undefined ? length : Math.max(0, Math.ceil((range.end - range.start) / range.step));
  });
  if (lengths.includes(0)) {
    // Nothing of it: what a shift by no place cuts off, and joins again.
    return known(knownTensor('float', lengths, () => 0));
  }
  const forward = ranges.filter(({ step }) => step > 0);
  const backward = ranges.filter(({ step }) => step < 0);
  const inLayout = forward.map((range) => ({ ...range, axis: axisIn(layout, range.axis) }));
  const { output } = walk.apply('slice', [walk.value(x, layout)], { ranges: inLayout });
  const turned = backward.reduce((value, { axis, start, end, step }) => {
    const positions = Array.from(
      { length: Math.ceil((end - start) / step) },
      (_, index) => start + index * step,
    );
    return walk.apply('gather', [value], { axis: axisIn(layout, axis), positions }).output;
  }, output);
  return computed(turned, layout);
}

const slice: Handler = {
  limits: 'starts, ends and steps must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    return [take(walk, x, rangesOf(node, inputs, dimsOf(x)))];
  },
};

const split: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const axis = node.axis(node.int('axis', 0), dimsOf(x).length);
    const length = dimsOf(x)[axis]!;
    const count = node.node.outputs.length;
    const even = Math.ceil(length / count);
    const lengths =
      knownList(node, inputs, 1) ??
      Array.from({ length: count }, (_, part) => Math.min(even, length - part * even));
    return partsOf(walk, x, axis, lengths);
  },
};

/** Pieces of some lengths, one after the other along an axis. */
export function partsOf(
  walk: Walk,
  x: Operand,
  axis: number,
  lengths: readonly number[],
): readonly Operand[] {
  let start = 0;
  return lengths.map((part) => {
    const range = { axis, start, end: start + part, step: 1 };
    start += part;
    return take(walk, x, [range]);
  });
}

/** A class token exported for one clip, repeated for all clips of the run. */
function repeatedForClips(walk: Walk, operand: Operand, clips: number): Operand {
  const dims = dimsOf(operand);
  if (walk.exportedClips !== 1 || dims[0] !== 1 || clips === 1) {
    return operand;
  }
  const value = walk.value(operand, 'asWritten');
  return computed(walk.apply('expand', [value], { dims: dims.with(0, clips) }).output);
}

const concat = {
  limits: '',
  differentiable: 'all',
  fold: (node, inputs) => {
    const parts = inputs.map(given);
    const axis = node.axis(node.int('axis', 0), parts[0]?.dims.length ?? 0);
    return [foldConcat(parts, axis)];
  },
  emit: (walk, node, inputs) => {
    const all = inputs.map((_, position) => required(node, inputs, position));
    const axis = node.axis(node.int('axis', 0), dimsOf(required(node, inputs, 0)).length);
    const operands = all.filter((operand) => dimsOf(operand)[axis] !== 0);
    if (operands.length === 0) {
      return all.slice(0, 1);
    }
    const clips = Math.max(...operands.map((operand) => dimsOf(operand)[0] ?? 1));
    const even = axis === 0 ? operands : operands.map((operand) => repeatedForClips(walk, operand, clips));
    const { values, layout } = align(walk, even);
    return [computed(walk.apply('concat', values, { axis: axisIn(layout, axis) }).output, layout)];
  },
} satisfies Handler;

function counted(node: NodeReader, positions: readonly number[], length: number): readonly number[] {
  return positions.map((position) => node.axis(position, length));
}

const gather: Handler = {
  limits: 'positions must not depend on pixels',
  differentiable: [0],
  fold: (node, [x, positions]) => {
    const data = given(x);
    return [foldGather(data, given(positions), node.axis(node.int('axis', 0), data.dims.length))];
  },
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axis = node.axis(node.int('axis', 0), dims.length);
    const indices = required(node, inputs, 1);
    const positions = counted(node, knownList(node, inputs, 1) ?? [], dims[axis]!);
    const { output } = walk.apply('gather', [walk.value(x, 'asWritten')], { axis, positions });
    const target = [...dims.slice(0, axis), ...dimsOf(indices), ...dims.slice(axis + 1)];
    return [computed(walk.apply('reshape', [output], { dims: target }).output)];
  },
};

/** Where indices `[..., depth]` point to, among the elements of `depth` axes one after the other. */
export function placesIn(
  node: NodeReader,
  dims: readonly number[],
  indices: { readonly dims: readonly number[]; readonly data: ArrayLike<number> },
): readonly number[] {
  const strides = stridesOf(dims);
  return Array.from({ length: elementCount(indices.dims.slice(0, -1)) }, (_, row) =>
    strides.reduce(
      (place, stride, axis) =>
        place + node.axis(indices.data[row * dims.length + axis]!, dims[axis]!) * stride,
      0,
    ),
  );
}

/** Rows of x that `indices` `[..., depth]` point to: a Gather over the first axes joined. */
const gatherNd: Handler = {
  limits: 'without batch_dims; positions must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const [x, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
    const [dims, indexDims] = [dimsOf(x), dimsOf(indices)];
    const depth = indexDims.at(-1) ?? 0;
    const list = knownList(node, inputs, 1) ?? [];
    if (node.int('batch_dims', 0) !== 0 || depth > dims.length) {
      throw node.refuse('batch_dims is not supported');
    }
    const [outer, inner] = [dims.slice(0, depth), dims.slice(depth)];
    const positions = placesIn(node, outer, { dims: indexDims, data: list });
    const rows = [elementCount(outer), ...inner];
    const target = [...indexDims.slice(0, -1), ...inner];
    if (x.kind === 'known') {
      const at: KnownTensor = { type: 'int', dims: [positions.length], data: Float64Array.from(positions) };
      return [known({ ...foldGather({ ...x.tensor, dims: rows }, at, 0), dims: target })];
    }
    const matrix = walk.apply('reshape', [walk.value(x, 'asWritten')], { dims: rows }).output;
    const picked = walk.apply('gather', [matrix], { axis: 0, positions }).output;
    return [computed(walk.apply('reshape', [picked], { dims: target }).output)];
  },
};

export const pieces = {
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  GatherND: gatherNd,
} satisfies Readonly<Record<string, Handler>>;
