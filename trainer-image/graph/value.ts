/**
 * What flows along the edges of a graph: a named tensor whose element type and dimensions are known while the graph is
 * built. In: nothing. Out: the `Value` type that every operator takes and gives, and the shape arithmetic they share.
 * Next: `graph.ts` makes values, the operator files compute their shapes.
 */

/** Element types that the graphs use, by their ONNX names. */
export type ElementType = 'float32' | 'float16' | 'uint8' | 'int32' | 'int64' | 'bool';

/** ONNX's codes of the element types. */
export const TYPE_CODES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** The element types that gradients flow through. */
export type FloatType = Extract<ElementType, 'float32' | 'float16'>;

/** One tensor of a graph. Compared by identity; `name` is unique inside its graph. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  /** Lengths of the axes; `[]` is a scalar. */
  readonly dims: readonly number[];
}

/** Two values do not fit together, or a value does not fit an operator. The message names operator and shapes. */
export class GraphShapeError extends Error {
  override readonly name = 'GraphShapeError';
}

/**
 * The type of constants that are to be combined with x.
 *
 * @throws GraphShapeError when x does not hold floating-point numbers.
 */
export function floatType(x: Value): FloatType {
  if (x.type !== 'float32' && x.type !== 'float16') {
    throw new GraphShapeError(`${x.name} is ${x.type}; floating-point numbers are needed here`);
  }
  return x.type;
}

/** Number of elements of a tensor with these dimensions. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

/** Elements before an axis, along it, and after it. */
export function around(
  dims: readonly number[],
  axis: number,
): readonly [outer: number, length: number, inner: number] {
  return [elementCount(dims.slice(0, axis)), dims[axis]!, elementCount(dims.slice(axis + 1))];
}

/** Dimensions as messages print them. */
export function formatDims(dims: readonly number[]): string {
  return `[${dims.join(', ')}]`;
}

export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * Length of one axis; negative axes count from the end.
 *
 * @throws GraphShapeError when the value has no such axis.
 */
export function axisLength(value: Value, axis: number): number {
  const length = value.dims.at(axis);
  if (length === undefined) {
    throw new GraphShapeError(
      `${value.name} has dims ${formatDims(value.dims)}, so there is no axis ${axis}`,
    );
  }
  return length;
}

/**
 * Shape of an elementwise result under ONNX (NumPy) broadcasting.
 *
 * @throws GraphShapeError when some axis has two lengths, neither of them 1.
 */
export function broadcastDims(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  const padded = (dims: readonly number[]): readonly number[] => [
    ...new Array<number>(rank - dims.length).fill(1),
    ...dims,
  ];
  const right = padded(b);
  return padded(a).map((length, axis) => {
    const other = right[axis]!;
    if (length !== other && length !== 1 && other !== 1) {
      throw new GraphShapeError(`${formatDims(a)} and ${formatDims(b)} do not broadcast to one shape`);
    }
    return length === 1 ? other : length;
  });
}

/**
 * Dimensions as lengths that a tuple pattern can take apart, for operators that want exactly one rank.
 *
 * @throws GraphShapeError naming the operator when the rank is another.
 */
export function dimsOfRank5(
  value: Value,
  operator: string,
): readonly [number, number, number, number, number] {
  const [a, b, c, d, e] = value.dims;
  if (
    value.dims.length !== 5 ||
    a === undefined ||
    b === undefined ||
    c === undefined ||
    d === undefined ||
    e === undefined
  ) {
    throw new GraphShapeError(
      `${operator} needs five axes, but ${value.name} has dims ${formatDims(value.dims)}`,
    );
  }
  return [a, b, c, d, e];
}

/**
 * Rows and columns of a matrix.
 *
 * @throws GraphShapeError naming the operator when the value is no matrix.
 */
export function dimsOfMatrix(value: Value, operator: string): readonly [number, number] {
  const [rows, columns] = value.dims;
  if (value.dims.length !== 2 || rows === undefined || columns === undefined) {
    throw new GraphShapeError(
      `${operator} needs a matrix, but ${value.name} has dims ${formatDims(value.dims)}`,
    );
  }
  return [rows, columns];
}
