/**
 * Triangles of matrices, and running sums, which are products with a triangle. In: Trilu and CumSum nodes, as causal masks
 * and positions are written with. Out: folded numbers, or the same on our tape.
 */
import { formatDims } from '../../../graph/value.ts';
import { given, integers } from '../fold.ts';
import type { Handler, Inputs } from '../handler.ts';
import { knownTensor, stridesOf } from '../known-tensor.ts';
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

/** Positions that are summed when the values depend on pixels: as many sums as there are positions. */
const LONGEST_SUM = 1024;

/** For every position along the axis, the positions that are summed. */
function summedPositions(node: NodeReader, length: number): readonly (readonly number[])[] {
  if (length > LONGEST_SUM) {
    throw node.refuse(`it sums along ${length} elements; at most ${LONGEST_SUM} are supported`);
  }
  const isReverse = node.int('reverse', 0) === 1;
  const added = node.int('exclusive', 0) === 1 ? 0 : 1;
  return Array.from({ length }, (_, position) => {
    const count = (isReverse ? length - 1 - position : position) + added;
    return Array.from({ length: count }, (_entry, index) => (isReverse ? length - 1 - index : index));
  });
}

/** Sums of numbers that are known, one after the other. */
function runningSums(node: NodeReader, { type, dims, data }: KnownTensor, axis: number): KnownTensor {
  const [isReverse, isExclusive] = [node.int('reverse', 0) === 1, node.int('exclusive', 0) === 1];
  const [length, stride] = [dims[axis]!, stridesOf(dims)[axis]!];
  const result = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += 1) {
    const position = Math.floor(start / stride) % length;
    if (position === 0) {
      let sum = 0;
      for (let step = 0; step < length; step += 1) {
        const at = start + (isReverse ? length - 1 - step : step) * stride;
        result[at] = isExclusive ? sum : sum + data[at]!;
        sum += data[at]!;
      }
    }
  }
  return { type, dims, data: result };
}

function axisOf(node: NodeReader, inputs: Inputs, rank: number): number {
  return node.axis(knownList(node, inputs, 1)?.[0] ?? 0, rank);
}

const cumSum: Handler = {
  limits: 'the axis must be known',
  differentiable: [0],
  fold: (node, [x, axes]) => {
    const tensor = given(x);
    return [runningSums(node, tensor, node.axis(integers(axes)[0] ?? 0, tensor.dims.length))];
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
