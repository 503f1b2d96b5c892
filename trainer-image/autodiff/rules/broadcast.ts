/**
 * Undoes broadcasting. In: the gradient of a broadcast result. Out: the gradient of one operand, summed over the axes
 * along which it was repeated. Used by every rule whose operands broadcast.
 */
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reduce.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';

/** @param dims Dimensions of the operand, which broadcast to those of the gradient. */
export function sumTo(graph: Graph, gradient: Value, dims: readonly number[]): Value {
  const added = gradient.dims.length - dims.length;
  const axes = gradient.dims.flatMap((length, axis) =>
    axis < added || (dims[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? gradient : reduce(graph, 'ReduceSum', gradient, { axes });
  return reshape(graph, summed, dims);
}
