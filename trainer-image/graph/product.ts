/**
 * Matrix products. In: a graph and matrices (or stacks of matrices). Out: their product; one large product is the
 * fastest thing the runtime does, so most recipes end here.
 */
import type { Graph } from './graph.ts';
import { int } from './node.ts';
import { broadcastDims, dimsOfMatrix, formatDims, GraphShapeError } from './value.ts';
import type { Value } from './value.ts';

export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * `a b` for matrices, either of them transposed on the way.
 *
 * @throws GraphShapeError when the inner lengths differ.
 */
export function matrixProduct(graph: Graph, a: Value, b: Value, options: ProductOptions = {}): Value {
  const { transposeA = false, transposeB = false } = options;
  const [rows, inner] = oriented(a, transposeA);
  const [innerB, columns] = oriented(b, transposeB);
  if (inner !== innerB) {
    throw new GraphShapeError(
      `product of ${a.name} ${formatDims(a.dims)} and ${b.name} ${formatDims(b.dims)}: inner lengths differ`,
    );
  }
  const dims = [rows, columns];
  if (!transposeA && !transposeB) {
    return graph.emit({ operator: 'MatMul', inputs: [a, b], type: a.type, dims });
  }
  return graph.emit({
    operator: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: [a, b],
    attributes: { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) },
    type: a.type,
    dims,
  });
}

/**
 * Products of stacked matrices under NumPy's rules: `[..., m, k]` times `[..., k, n]`.
 *
 * @throws GraphShapeError when the inner lengths differ or the stacks do not broadcast.
 */
export function stackedProduct(graph: Graph, a: Value, b: Value): Value {
  const [m, k] = [a.dims.at(-2), a.dims.at(-1)];
  const [inner, n] = [b.dims.at(-2), b.dims.at(-1)];
  if (m === undefined || k === undefined || n === undefined || k !== inner) {
    throw new GraphShapeError(
      `product of ${a.name} ${formatDims(a.dims)} and ${b.name} ${formatDims(b.dims)}: inner lengths differ`,
    );
  }
  const stack = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
  return graph.emit({ operator: 'MatMul', inputs: [a, b], type: a.type, dims: [...stack, m, n] });
}

/** Rows and columns of a matrix as the product sees it. */
function oriented(matrix: Value, transposed: boolean): readonly [number, number] {
  const [rows, columns] = dimsOfMatrix(matrix, 'a matrix product');
  return transposed ? [columns, rows] : [rows, columns];
}
