/**
 * Elements at fixed positions along an axis, as tables of embeddings and relative positions are read. In: a value of any
 * shape. Out: the picked elements. The gradient of a position is the sum over all places it was picked for, found by a
 * second gather and a sum: no scatter, so the result is the same on every device and in every run.
 */
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reduce.ts';
import { around, GraphShapeError } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { gather as emitGather, pad, reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

/** Elements the second gather may have; beyond it one position is picked far more often than the others. */
const MAX_GATHERED = 2 ** 28;

export type Gather = Operation<
  readonly [x: Value],
  {
    readonly axis: number;
    /** From 0. */
    readonly positions: readonly number[];
  }
>;

export const gather: Rule<Gather> = (graph, [x], { axis, positions }) => ({
  output: emitGather(graph, x, positions, axis),
  derivative: (gradient) => [sumPicked(graph, gradient, x, { axis, positions })],
});

function sumPicked(graph: Graph, gradient: Value, x: Value, { axis, positions }: Gather['options']): Value {
  const places = Array.from({ length: x.dims[axis]! }, (): number[] => []);
  positions.forEach((position, place) => places[position]!.push(place));
  const most = places.reduce((largest, { length }) => Math.max(largest, length), 1);
  const [outer, , inner] = around(x.dims, axis);
  if (outer * places.length * most * inner > MAX_GATHERED) {
    throw new GraphShapeError(
      `gather: one of ${places.length} positions of ${x.name} is picked ${most} times; its gradient would be too large`,
    );
  }
  // One more place, which is zero, for the positions that were picked less often than the others.
  const rows = pad(graph, reshape(graph, gradient, [outer, positions.length, inner]), [
    { axis: 1, before: 0, after: 1 },
  ]);
  const filled = places.flatMap((list) =>
    Array.from({ length: most }, (_, index) => list[index] ?? positions.length),
  );
  const picked = emitGather(graph, rows, filled, 1);
  const grouped = reshape(graph, picked, [outer, places.length, most, inner]);
  return reshape(graph, reduce(graph, 'ReduceSum', grouped, { axes: [2] }), x.dims);
}
