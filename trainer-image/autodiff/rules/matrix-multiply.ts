/**
 * Products of stacked matrices under NumPy's rules, as attention and linear layers on tokens need them. In: `[..., m, k]`
 * and `[..., k, n]`, stacks broadcast. Out: `[..., m, n]`. A plain matrix on the right is one product over all rows, in
 * both directions.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct, stackedProduct } from '../../graph/product.ts';
import { elementCount } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { Operation, Result, Rule } from '../rule.ts';
import { sumTo } from './broadcast.ts';

export type MatrixMultiply = Operation<
  readonly [a: Value, b: Value],
  {
    /** b comes as `[..., n, k]`. */
    readonly transposeB?: boolean;
  }
>;

export const matrixMultiply: Rule<MatrixMultiply> = (graph, [a, b], { transposeB = false }) => {
  if (b.dims.length === 2) {
    return byOneMatrix(graph, a, b, transposeB);
  }
  return {
    output: stackedProduct(graph, a, b, { transposeB }),
    derivative: (gradient) => {
      const byA = stackedProduct(graph, gradient, b, { transposeB: !transposeB });
      const [left, right] = transposeB ? [gradient, a] : [a, gradient];
      const byB = stackedProduct(graph, left, right, { transposeA: true });
      return [sumTo(graph, byA, a.dims), sumTo(graph, byB, b.dims)];
    },
  };
};

function byOneMatrix(graph: Graph, a: Value, b: Value, transposeB: boolean): Result {
  const inner = a.dims.at(-1) ?? 1;
  const rows = reshape(graph, a, [elementCount(a.dims) / inner, inner]);
  const product = matrixProduct(graph, rows, b, { transposeB });
  return {
    output: reshape(graph, product, [...a.dims.slice(0, -1), product.dims[1]!]),
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, product.dims);
      const byRows = matrixProduct(graph, dy, b, { transposeB: !transposeB });
      const [left, right] = transposeB ? [dy, rows] : [rows, dy];
      return [reshape(graph, byRows, a.dims), matrixProduct(graph, left, right, { transposeA: true })];
    },
  };
}
