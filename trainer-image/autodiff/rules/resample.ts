/**
 * An axis read at other places: every element of the result is a weighted sum of a few elements along the axis, as in
 * interpolation and in padding by reflection. In: a value of any shape. Out: the value with another length along the axis.
 * dx = the same with the table of weights transposed. On CPU one product with the table as a matrix, by far the fastest; on
 * a GPU, whose products may round float32 to TF32, element by element.
 */
import { multiply, sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct, stackedProduct } from '../../graph/product.ts';
import { around, floatType, formatDims, GraphShapeError } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { gather, reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

/** One element of a sum. */
interface WeightedElement {
  /** From 0, along the axis. */
  readonly position: number;
  readonly weight: number;
}

/** What one position of the result is made of. */
export type WeightedSum = readonly WeightedElement[];

export type Resample = Operation<
  readonly [x: Value],
  {
    /** From 0. */
    readonly axis: number;
    /** One sum for every position of the result. */
    readonly sums: readonly WeightedSum[];
  }
>;

/** Elements a table may have as a matrix, which is stored in the model: 4 MiB. */
const MAX_MATRIX_ELEMENTS = 2 ** 20;
/** Tables that are larger than this are a mistake: 256 MiB. */
const LARGEST_MATRIX_ELEMENTS = 2 ** 26;
/** Beyond these, element by element takes more nodes than it is worth. */
const MAX_TERMS = 16;

export const resample: Rule<Resample> = (graph, [x], { axis, sums }) => {
  const length = x.dims[axis] ?? 0;
  if (sums.some((terms) => terms.some(({ position }) => position < 0 || position >= length))) {
    throw new GraphShapeError(`resample: a sum leaves axis ${axis} of ${x.name} ${formatDims(x.dims)}`);
  }
  return {
    output: weightedSums(graph, x, axis, sums),
    derivative: (gradient) => [weightedSums(graph, gradient, axis, takersOf(sums, length))],
  };
};

function weightedSums(graph: Graph, x: Value, axis: number, sums: readonly WeightedSum[]): Value {
  const [outer, length, inner] = around(x.dims, axis);
  const rows = reshape(graph, x, [outer, length, inner]);
  const most = sums.reduce((longest, terms) => Math.max(longest, terms.length), 0);
  const fits = sums.length * length <= MAX_MATRIX_ELEMENTS;
  // Copying runs of elements is quicker than a product, copying them one by one is not.
  const isCopy = inner > 1 && sums.every(([first, ...others]) => first?.weight === 1 && others.length === 0);
  const isProduct = most > MAX_TERMS || (graph.device === 'cpu' && fits && !isCopy);
  if (isProduct && sums.length * length > LARGEST_MATRIX_ELEMENTS) {
    throw new GraphShapeError(
      `resample: ${sums.length} sums over ${length} elements of ${x.name}, one of ${most} elements, are too many`,
    );
  }
  const summed = isProduct ? byMatrix(graph, rows, sums) : byTerms(graph, rows, sums, most);
  return reshape(graph, summed, x.dims.with(axis, sums.length));
}

/** `[outer, length, inner]` to `[outer, sums, inner]`. */
function byMatrix(graph: Graph, rows: Value, sums: readonly WeightedSum[]): Value {
  const [outer, length, inner] = [rows.dims[0]!, rows.dims[1]!, rows.dims[2]!];
  const isLast = inner === 1;
  const [down, across] = isLast ? [1, sums.length] : [length, 1];
  const table = new Array<number>(sums.length * length).fill(0);
  sums.forEach((terms, index) => {
    for (const { position, weight } of terms) {
      table[index * down + position * across]! += weight;
    }
  });
  const type = floatType(rows);
  return isLast
    ? matrixProduct(
        graph,
        reshape(graph, rows, [outer, length]),
        graph.floats(table, [length, sums.length], type),
      )
    : stackedProduct(graph, graph.floats(table, [sums.length, length], type), rows);
}

/** The first terms of all sums, the second ones, and so on, added up; a sum that is shorter goes on with zeros. */
function byTerms(graph: Graph, rows: Value, sums: readonly WeightedSum[], most: number): Value {
  const terms = Array.from({ length: Math.max(most, 1) }, (_, index) => {
    const row = sums.map((sum) => sum[index] ?? { position: 0, weight: 0 });
    const positions = row.map(({ position }) => position);
    const isWhole = positions.length === rows.dims[1] && positions.every((position, at) => position === at);
    const picked = isWhole ? rows : gather(graph, rows, positions, 1);
    const weights = row.map(({ weight }) => weight);
    return weights.every((weight) => weight === 1)
      ? picked
      : multiply(graph, picked, graph.floats(weights, [weights.length, 1], floatType(rows)));
  });
  return sum(graph, terms);
}

/** For every element along the axis, the sums that take it. */
function takersOf(sums: readonly WeightedSum[], length: number): readonly WeightedSum[] {
  const takers = Array.from({ length }, (): WeightedElement[] => []);
  sums.forEach((terms, index) => {
    for (const { position, weight } of terms) {
      takers[position]!.push({ position: index, weight });
    }
  });
  return takers;
}
