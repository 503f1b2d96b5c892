/**
 * Matrix products. In: a graph and matrices (or stacks of matrices). Out: their product; one large product is the
 * fastest thing the runtime does, so most recipes end here.
 */
import { multiply } from './elementwise.ts';
import type { Graph } from './graph.ts';
import { int } from './node.ts';
import {
  broadcastDims,
  dimsOfMatrix,
  elementCount,
  floatType,
  formatDims,
  GraphShapeError,
} from './value.ts';
import type { Value } from './value.ts';
import { reshape, transpose } from './view.ts';

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

/** Columns from which on a transposed copy of the left matrix costs less than transposing it piece by piece. */
const COPY_COLUMNS = 512;

/**
 * `aᵀ b`: the gradient by the input of `y = a x`. ONNX Runtime transposes a anew for every block of columns of b, so for
 * a wide b a transposed copy is faster (5 to 10 %).
 *
 * @throws GraphShapeError when the inner lengths differ.
 */
export function transposedProduct(graph: Graph, a: Value, b: Value): Value {
  const [, columns] = dimsOfMatrix(b, 'a matrix product');
  return columns >= COPY_COLUMNS
    ? matrixProduct(graph, transpose(graph, a, [1, 0]), b)
    : matrixProduct(graph, a, b, { transposeA: true });
}

/**
 * Mean of a times b over every row, `[rows]`, for two values of `rows` equal runs of elements. A stack of 1 x P by P x 1
 * products: half the time of multiplying and then reducing, and nothing of the operands' size in between. The factor
 * 1 / P comes after, because ONNX Runtime has a kernel for dot products, but only without one.
 *
 * @throws GraphShapeError when the sizes differ or are no multiple of the rows.
 */
export function meanOfRowProducts(graph: Graph, a: Value, b: Value, rows: number): Value {
  const inner = elementCount(a.dims) / rows;
  const stacked = [a, b].map((value) => reshape(graph, value, [rows, 1, inner]));
  const products = graph.emit({
    operator: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: stacked,
    attributes: { transA: int(0), transB: int(1) },
    type: a.type,
    dims: [rows, 1, 1],
  });
  return multiply(graph, reshape(graph, products, [rows]), graph.scalar(1 / inner, floatType(a)));
}

/** Rows and columns of a matrix as the product sees it. */
function oriented(matrix: Value, transposed: boolean): readonly [number, number] {
  const [rows, columns] = dimsOfMatrix(matrix, 'a matrix product');
  return transposed ? [columns, rows] : [rows, columns];
}
