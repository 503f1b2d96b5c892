/**
 * Operators that fold axes into one number each. In: a graph, a value, the axes. Out: the value without those axes (or
 * with length 1 in their place).
 */
import type { Graph } from './graph.ts';
import { int } from './node.ts';
import { GraphShapeError, formatDims } from './value.ts';
import type { Value } from './value.ts';

export type ReduceOperator = 'ReduceMean' | 'ReduceSum' | 'ReduceSumSquare';

export interface ReduceOptions {
  /** Axes to fold, counted from 0. */
  readonly axes: readonly number[];
  /** Keep the folded axes with length 1; default false. */
  readonly keepAxes?: boolean;
}

/** @throws GraphShapeError when an axis is out of range. */
export function reduce(graph: Graph, operator: ReduceOperator, x: Value, options: ReduceOptions): Value {
  const { axes, keepAxes = false } = options;
  if (axes.some((axis) => axis < 0 || axis >= x.dims.length)) {
    throw new GraphShapeError(
      `${operator}: ${x.name} with dims ${formatDims(x.dims)} lacks one of the axes ${formatDims(axes)}`,
    );
  }
  const dims = keepAxes
    ? x.dims.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : x.dims.filter((_, axis) => !axes.includes(axis));
  return graph.emit({
    operator,
    inputs: [x, graph.integers(axes)],
    attributes: { keepdims: int(keepAxes ? 1 : 0) },
    type: x.type,
    dims,
  });
}
