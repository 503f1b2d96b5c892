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
  return product(graph, a, b, { transposeA, transposeB, dims: [rows, columns] });
}

/**
 * Products of stacked matrices under NumPy's rules: `[..., m, k]` times `[..., k, n]`, the matrices of either stack
 * transposed on the way.
 *
 * @throws GraphShapeError when the inner lengths differ or the stacks do not broadcast.
 */
export function stackedProduct(graph: Graph, a: Value, b: Value, options: ProductOptions = {}): Value {
  const { transposeA = false, transposeB = false } = options;
  const [m, k] = lastTwo(a, transposeA);
  const [inner, n] = lastTwo(b, transposeB);
  if (m === undefined || k === undefined || n === undefined || k !== inner) {
    throw new GraphShapeError(
      `product of ${a.name} ${formatDims(a.dims)} and ${b.name} ${formatDims(b.dims)}: inner lengths differ`,
    );
  }
  const stack = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
  return product(graph, a, b, { transposeA, transposeB, dims: [...stack, m, n] });
}

function product(
  graph: Graph,
  a: Value,
  b: Value,
  {
    transposeA,
    transposeB,
    dims,
  }: {
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly dims: readonly number[];
  },
): Value {
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

function lastTwo({ dims }: Value, transposed: boolean): readonly [number | undefined, number | undefined] {
  return transposed ? [dims.at(-1), dims.at(-2)] : [dims.at(-2), dims.at(-1)];
}

/** Rows and columns of a matrix as the product sees it. */
function oriented(matrix: Value, transposed: boolean): readonly [number, number] {
  const [rows, columns] = dimsOfMatrix(matrix, 'a matrix product');
  return transposed ? [columns, rows] : [rows, columns];
}
