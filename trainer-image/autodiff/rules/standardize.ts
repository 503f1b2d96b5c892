/**
 * Mean 0 and variance 1 along some axes, as group and instance normalisation are made of; or, with the mean left where it
 * is, a root mean square of 1. In: a value of any shape. Out: a value of that shape. Computed in float32 whatever it is
 * given, since float16 cannot hold sums of squares. With z the result and m the mean along the axes:
 * dx = (dz - m(dz) - z m(dz z)) / deviation, m(dz) left out where the mean is.
 */
import { add, cast, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reduce.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';

export type Standardize = Operation<
  readonly [x: Value],
  {
    /** From 0, in order. */
    readonly axes: readonly number[];
    /** Added to the variance. */
    readonly epsilon: number;
    /** Whether the mean is taken off; without it the variance is the mean of the squares. */
    readonly isCentred: boolean;
  }
>;

export const standardize: Rule<Standardize> = (graph, [x], { axes, epsilon, isCentred }) => {
  const mean = (value: Value): Value => meanAlong(graph, value, axes);
  const wide = cast(graph, x, 'float32');
  const centred = isCentred ? subtract(graph, wide, mean(wide)) : wide;
  const variance = mean(multiply(graph, centred, centred));
  const deviation = unary(graph, 'Sqrt', add(graph, variance, graph.scalar(epsilon)));
  const inverse = unary(graph, 'Reciprocal', deviation);
  const standard = multiply(graph, centred, inverse);
  return {
    output: cast(graph, standard, x.type),
    derivative: (gradient) => {
      const dz = cast(graph, gradient, 'float32');
      const along = multiply(graph, standard, mean(multiply(graph, dz, standard)));
      const free = isCentred ? subtract(graph, dz, mean(dz)) : dz;
      return [cast(graph, multiply(graph, subtract(graph, free, along), inverse), x.type)];
    },
  };
};

/** One run of neighbouring axes after the other, from the last: ONNX Runtime is quick at those, and the second is small. */
function meanAlong(graph: Graph, x: Value, axes: readonly number[]): Value {
  const counted = axes.filter((axis) => x.dims[axis] !== 1);
  const runs: number[][] = [];
  for (const axis of counted) {
    const run = runs.at(-1);
    if (run?.at(-1) === axis - 1) {
      run.push(axis);
    } else {
      runs.push([axis]);
    }
  }
  return runs.reduceRight((part, run) => reduce(graph, 'ReduceMean', part, { axes: run, keepAxes: true }), x);
}
