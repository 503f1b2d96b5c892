/**
 * Numbers that are known while a graph is built: shapes, indices, masks, constants of the file. In: made by the reader,
 * floating-point numbers in their type in the file, and by folding, as doubles. Out: folded further, or put into the graph as
 * constants.
 */
import { elementCount, formatDims, sameDims } from '../../graph/value.ts';
import { OnnxUnsupportedError } from './errors.ts';

/** Numbers as the file stores them; whole numbers and truth values are held as doubles. */
export type StoredNumbers = Float16Array | Float32Array | Float64Array;

export interface KnownTensor {
  readonly type: 'float' | 'int' | 'bool';
  readonly dims: readonly number[];
  readonly data: StoredNumbers;
}

/** Elements a folded constant may have: 128 MiB of doubles. */
export const MAX_KNOWN_ELEMENTS = 2 ** 24;

/** @throws OnnxUnsupportedError when the tensor would be absurdly large. */
export function knownTensor(
  type: KnownTensor['type'],
  dims: readonly number[],
  element: (index: number) => number,
): KnownTensor {
  const count = elementCount(dims);
  if (!(count <= MAX_KNOWN_ELEMENTS)) {
    throw new OnnxUnsupportedError(
      `a constant of dims ${formatDims(dims)} would have ${count} elements; at most ${MAX_KNOWN_ELEMENTS} are folded`,
    );
  }
  const data = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    data[index] = element(index);
  }
  return { type, dims, data };
}

export function integerList(values: readonly number[]): KnownTensor {
  return knownTensor('int', [values.length], (index) => values[index]!);
}

/** Distance between neighbours along every axis, in elements. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  }
  return strides;
}

/** Position along every axis of the element at a flat index. */
export function coordinates(index: number, strides: readonly number[]): readonly number[] {
  let rest = index;
  return strides.map((stride) => {
    const position = Math.floor(rest / stride);
    rest -= position * stride;
    return position;
  });
}

/** Elements of x at the coordinates that `source` gives for every coordinate of the result. */
export function pickElements(
  x: KnownTensor,
  dims: readonly number[],
  source: (position: readonly number[]) => readonly number[],
): KnownTensor {
  const [to, from] = [stridesOf(dims), stridesOf(x.dims)];
  return knownTensor(x.type, dims, (index) => {
    const place = source(coordinates(index, to));
    return x.data[place.reduce((sum, position, axis) => sum + position * from[axis]!, 0)]!;
  });
}

/** Elements of x at flat places that are a sum of one number per axis of the result: strides, 0 for repetition. */
export function stepElements(x: KnownTensor, dims: readonly number[], steps: readonly number[]): KnownTensor {
  const position = new Array<number>(dims.length).fill(0);
  let place = 0;
  return knownTensor(x.type, dims, () => {
    const value = x.data[place]!;
    for (let axis = dims.length - 1; axis >= 0; axis -= 1) {
      position[axis]! += 1;
      place += steps[axis]!;
      if (position[axis]! < dims[axis]!) {
        break;
      }
      place -= steps[axis]! * dims[axis]!;
      position[axis] = 0;
    }
    return value;
  });
}

/** x repeated to dims that it broadcasts to. */
export function broadcastKnown(x: KnownTensor, dims: readonly number[]): KnownTensor {
  if (sameDims(x.dims, dims)) {
    return x;
  }
  const added = dims.length - x.dims.length;
  const strides = stridesOf(x.dims);
  const steps = dims.map((_, axis) =>
    axis < added || x.dims[axis - added] === 1 ? 0 : strides[axis - added]!,
  );
  return stepElements(x, dims, steps);
}
