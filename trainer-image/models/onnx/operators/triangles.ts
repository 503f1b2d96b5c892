/**
 * Triangles of matrices, and running sums, which are products with a triangle. In: Trilu and CumSum nodes, as causal masks
 * and positions are written with. Out: folded numbers, or the same on our tape.
 */
import { formatDims } from '../../../graph/value.ts';
import { given, integers } from '../fold.ts';
import type { Handler, Inputs } from '../handler.ts';
import { coordinates, knownTensor, stridesOf } from '../known-tensor.ts';
import type { KnownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import { ownLayout, required, scalar } from './elementwise.ts';
import { knownList } from './shape.ts';

/** Ones where a matrix of these dims keeps its elements. */
function triangle(node: NodeReader, dims: readonly number[], diagonal: number): KnownTensor {
  const [rows, columns] = [dims.at(-2), dims.at(-1)];
  if (rows === undefined || columns === undefined) {
    throw node.refuse(`dims ${formatDims(dims)} are no matrix`);
  }
  const isUpper = node.int('upper', 1) === 1;
  return knownTensor('bool', [rows, columns], (index) => {
    const ahead = (index % columns) - Math.floor(index / columns) - diagonal;
    return (isUpper ? ahead >= 0 : ahead <= 0) ? 1 : 0;
  });
}

const trilu: Handler = {
  limits: '',
  differentiable: [0],
  fold: (node, [x, diagonal]) => {
    const { type, dims, data } = given(x);
    const kept = triangle(node, dims, diagonal === undefined ? 0 : integers(diagonal)[0]!).data;
    return [knownTensor(type, dims, (index) => (kept[index % kept.length] === 0 ? 0 : data[index]!))];
  },
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const tensor = triangle(node, dimsOf(x), knownList(node, inputs, 1)?.[0] ?? 0);
    const kept = walk.value({ kind: 'known', tensor }, 'asWritten');
    const value = walk.value(x, 'asWritten');
    return [computed(walk.apply('select', [kept, value, scalar(walk, 0)], {}).output)];
  },
};

/** For every position along the axis, the positions that are summed. */
function summedPositions(node: NodeReader, length: number): readonly (readonly number[])[] {
  const isReverse = node.int('reverse', 0) === 1;
  const added = node.int('exclusive', 0) === 1 ? 0 : 1;
  return Array.from({ length }, (_, position) => {
    const count = (isReverse ? length - 1 - position : position) + added;
    return Array.from({ length: count }, (_entry, index) => (isReverse ? length - 1 - index : index));
  });
}

function axisOf(node: NodeReader, inputs: Inputs, rank: number): number {
  return node.axis(knownList(node, inputs, 1)?.[0] ?? 0, rank);
}

const cumSum: Handler = {
  limits: 'the axis must be known',
  differentiable: [0],
  fold: (node, [x, axes]) => {
    const { type, dims, data } = given(x);
    const axis = node.axis(integers(axes)[0] ?? 0, dims.length);
    const strides = stridesOf(dims);
    const summed = summedPositions(node, dims[axis]!);
    return [
      knownTensor(type, dims, (index) => {
        const position = coordinates(index, strides)[axis]!;
        const start = index - position * strides[axis]!;
        return summed[position]!.reduce((sum, at) => sum + data[start + at * strides[axis]!]!, 0);
      }),
    ];
  },
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const axis = axisOf(node, inputs, dimsOf(x).length);
    const layout = ownLayout(x);
    const sums = summedPositions(node, dimsOf(x)[axis]!).map((positions) =>
      positions.map((position) => ({ position, weight: 1 })),
    );
    const options = { axis: axisIn(layout, axis), sums };
    return [computed(walk.apply('resample', [walk.value(x, layout)], options).output, layout)];
  },
};

export const triangles = { Trilu: trilu, CumSum: cumSum } satisfies Readonly<Record<string, Handler>>;
