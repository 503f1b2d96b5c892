/**
 * Layer normalisation: every row of the last axes gets mean 0 and variance 1, then scale and shift. In: x `[..., D]`,
 * gamma and beta with the dimensions of the normalised axes. Out: a value of x's shape. Computed in float32 whatever it
 * is given, since float16 cannot hold sums of squares.
 */
import { add, cast, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reduce.ts';
import { elementCount } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type LayerNorm = Operation<
  readonly [x: Value, gamma: Value, beta: Value],
  { readonly epsilon: number }
>;

export const layerNorm: Rule<LayerNorm> = (graph, [x, gamma, beta], { epsilon }) => {
  const width = elementCount(gamma.dims);
  const rows = reshape(graph, cast(graph, x, 'float32'), [elementCount(x.dims) / width, width]);
  const scale = reshape(graph, cast(graph, gamma, 'float32'), [width]);
  const shift = reshape(graph, cast(graph, beta, 'float32'), [width]);
  const centred = subtract(graph, rows, rowMean(graph, rows));
  const variance = rowMean(graph, multiply(graph, centred, centred));
  const deviation = unary(graph, 'Sqrt', add(graph, variance, graph.scalar(epsilon)));
  const inverse = unary(graph, 'Reciprocal', deviation);
  const standard = multiply(graph, centred, inverse);
  const output = add(graph, multiply(graph, standard, scale), shift);
  return {
    output: cast(graph, reshape(graph, output, x.dims), x.type),
    derivative: (gradient) => {
      const dy = reshape(graph, cast(graph, gradient, 'float32'), rows.dims);
      const dz = multiply(graph, dy, scale);
      const along = multiply(graph, standard, rowMean(graph, multiply(graph, dz, standard)));
      const byRows = multiply(
        graph,
        subtract(graph, subtract(graph, dz, rowMean(graph, dz)), along),
        inverse,
      );
      const byScale = reduce(graph, 'ReduceSum', multiply(graph, dy, standard), { axes: [0] });
      const byShift = reduce(graph, 'ReduceSum', dy, { axes: [0] });
      return [
        cast(graph, reshape(graph, byRows, x.dims), x.type),
        cast(graph, reshape(graph, byScale, gamma.dims), gamma.type),
        cast(graph, reshape(graph, byShift, beta.dims), beta.type),
      ];
    },
  };
};

/** Mean of every row, `[rows, 1]`. */
function rowMean(graph: Graph, rows: Value): Value {
  return reduce(graph, 'ReduceMean', rows, { axes: [1], keepAxes: true });
}
