/**
 * ScatterND: slices of a value replaced by others, as assignments like `x[:, :2] = y` are exported; temporal shift modules
 * are written so. In: a node whose positions are known by the time it is reached. Out: folded numbers, or a gather from both
 * on our tape: every slice is read from the updates where one points to it, the last of several, else from the data.
 */
import { elementCount, formatDims } from '../../../graph/value.ts';
import { given } from '../fold.ts';
import type { Handler } from '../handler.ts';
import { stridesOf } from '../known-tensor.ts';
import type { KnownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf, known } from '../operand.ts';
import { required } from './elementwise.ts';
import { placesIn } from './pieces.ts';
import { knownList } from './shape.ts';

interface Slices {
  /** Slices of the data, and elements of one. */
  readonly count: number;
  readonly size: number;
  /** For every update, the slice that it replaces. */
  readonly places: readonly number[];
}

function slicesOf(
  node: NodeReader,
  dims: readonly number[],
  indices: { readonly dims: readonly number[]; readonly data: ArrayLike<number> },
): Slices {
  const depth = indices.dims.at(-1) ?? 0;
  if (node.string('reduction', 'none') !== 'none') {
    throw node.refuse(`reduction ${node.string('reduction', 'none')} is not supported; none is`);
  }
  if (depth < 1 || depth > dims.length) {
    throw node.refuse(`indices ${formatDims(indices.dims)} do not point into ${formatDims(dims)}`);
  }
  const [outer, inner] = [dims.slice(0, depth), dims.slice(depth)];
  return { count: elementCount(outer), size: elementCount(inner), places: placesIn(node, outer, indices) };
}

function replaced(data: KnownTensor, updates: KnownTensor, { size, places }: Slices): KnownTensor {
  const result = data.data.slice();
  places.forEach((place, row) => {
    result.set(updates.data.subarray(row * size, (row + 1) * size), place * size);
  });
  return { ...data, data: result };
}

export const scatterNd: Handler = {
  limits: 'without reduction; positions must not depend on pixels',
  differentiable: [0, 2],
  fold: (node, [data, indices, updates]) => {
    const slices = slicesOf(node, given(data).dims, given(indices));
    return [replaced(given(data), given(updates), slices)];
  },
  emit: (walk, node, inputs) => {
    const [data, indices, updates] = [0, 1, 2].map((position) => required(node, inputs, position));
    const dims = dimsOf(data!);
    const positions = { dims: dimsOf(indices!), data: knownList(node, inputs, 1) ?? [] };
    const { count, size, places } = slicesOf(node, dims, positions);
    if (elementCount(dimsOf(updates!)) !== places.length * size) {
      throw node.refuse(
        `updates ${formatDims(dimsOf(updates!))} are not ${places.length} slices of ${formatDims(dims)}`,
      );
    }
    if (places.length === 0) {
      return [data!];
    }
    const from = Array.from({ length: count }, (_, slice) => slice);
    places.forEach((place, row) => {
      from[place] = count + row;
    });
    const [kept, put] = [data!, updates!].map((operand) => {
      const value = walk.value(operand, 'asWritten');
      return walk.apply('reshape', [value], { dims: [elementCount(value.dims) / size, size] }).output;
    });
    const { output: both } = walk.apply('concat', [kept!, put!], { axis: 0 });
    const { output } = walk.apply('gather', [both], { axis: 0, positions: from });
    return [computed(walk.apply('reshape', [output], { dims }).output)];
  },
};

/** Elements at positions along an axis, one for each place of the result. */
export const gatherElements: Handler = {
  limits: 'positions must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const [x, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
    const [dims, target] = [dimsOf(x), dimsOf(indices)];
    const axis = node.axis(node.int('axis', 0), dims.length);
    const list = knownList(node, inputs, 1) ?? [];
    const [from, to] = [stridesOf(dims), stridesOf(target)];
    const positions = list.map((position, index) =>
      to.reduce((place, stride, each) => {
        const own = Math.floor(index / stride) % target[each]!;
        return place + (each === axis ? node.axis(position, dims[axis]!) : own) * from[each]!;
      }, 0),
    );
    if (x.kind === 'known') {
      const data = Float64Array.from(positions, (position) => x.tensor.data[position]!);
      return [known({ ...x.tensor, dims: target, data })];
    }
    const value = walk.value(x, 'asWritten');
    const { output: row } = walk.apply('reshape', [value], { dims: [elementCount(dims)] });
    const { output } = walk.apply('gather', [row], { axis: 0, positions });
    return [computed(walk.apply('reshape', [output], { dims: target }).output)];
  },
};
