/**
 * Computing with known numbers while a graph is built: the shape arithmetic that exporters write around every reshape. In:
 * known tensors. Out: known tensors. The handlers' `fold` functions are made of these.
 */
import { broadcastDims } from '../../graph/value.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { KnownInputs } from './handler.ts';
import { broadcastKnown, knownTensor, pickElements, stridesOf } from './known-tensor.ts';
import type { KnownTensor } from './known-tensor.ts';

/** @throws OnnxUnsupportedError when the input is left out. */
export function given(x: KnownTensor | undefined): KnownTensor {
  if (x === undefined) {
    throw new OnnxUnsupportedError('an input that the operator needs is left out');
  }
  return x;
}

/** Element by element, shapes broadcast; of more than two inputs the results so far are combined with the next. */
export function foldBinary(
  inputs: KnownInputs,
  numbers: (a: number, b: number) => number,
  type?: KnownTensor['type'],
): KnownTensor {
  const [first, ...others] = inputs.map(given);
  return others.reduce((a, b) => {
    const dims = broadcastDims(a.dims, b.dims);
    const [left, right] = [broadcastKnown(a, dims), broadcastKnown(b, dims)];
    return knownTensor(type ?? a.type, dims, (index) => numbers(left.data[index]!, right.data[index]!));
  }, given(first));
}

export function foldUnary(
  x: KnownTensor | undefined,
  numbers: (x: number) => number,
  type?: KnownTensor['type'],
): KnownTensor {
  const { data, dims, type: own } = given(x);
  return knownTensor(type ?? own, dims, (index) => numbers(data[index]!));
}

/** Numbers of a list of axes, lengths or positions. */
export function integers(x: KnownTensor | undefined): readonly number[] {
  return [...given(x).data];
}

/** Folds axes into one number each. */
export function foldAxes(
  x: KnownTensor,
  axes: readonly number[],
  keepAxes: boolean,
  combine: (numbers: readonly number[]) => number,
): KnownTensor {
  const kept = x.dims.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const folded = axes.map((axis) => x.dims[axis]!);
  const inside = axes.reduce((count, axis) => count * x.dims[axis]!, 1);
  const [keptStrides, foldedStrides, strides] = [stridesOf(kept), stridesOf(folded), stridesOf(x.dims)];
  const dims = keepAxes ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return knownTensor(x.type, dims, (index) => {
    const base = kept.reduce(
      (place, length, axis) => place + (Math.floor(index / keptStrides[axis]!) % length) * strides[axis]!,
      0,
    );
    const numbers = Array.from({ length: inside }, (_, inner) =>
      axes.reduce(
        (place, axis, position) =>
          place + (Math.floor(inner / foldedStrides[position]!) % folded[position]!) * strides[axis]!,
        base,
      ),
    ).map((place) => x.data[place]!);
    return combine(numbers);
  });
}

/** One after the other along an axis. */
export function foldConcat(inputs: readonly KnownTensor[], axis: number): KnownTensor {
  const [first] = inputs;
  const dims = given(first).dims.with(
    axis,
    inputs.reduce((length, input) => length + input.dims[axis]!, 0),
  );
  const strides = stridesOf(dims);
  return knownTensor(given(first).type, dims, (index) => {
    const position = dims.map((length, each) => Math.floor(index / strides[each]!) % length);
    let place = position[axis]!;
    const source = inputs.find((input) => {
      const isHere = place < input.dims[axis]!;
      place -= isHere ? 0 : input.dims[axis]!;
      return isHere;
    })!;
    const from = stridesOf(source.dims);
    return source.data[position.with(axis, place).reduce((sum, at, each) => sum + at * from[each]!, 0)]!;
  });
}

/** Elements at positions along an axis; the axis is replaced by the axes of the positions. */
export function foldGather(x: KnownTensor, positions: KnownTensor, axis: number): KnownTensor {
  const dims = [...x.dims.slice(0, axis), ...positions.dims, ...x.dims.slice(axis + 1)];
  const strides = stridesOf(positions.dims);
  return pickElements(x, dims, (place) => {
    const index = positions.dims.reduce((sum, _, each) => sum + place[axis + each]! * strides[each]!, 0);
    const position = positions.data[index]!;
    const counted = position < 0 ? position + x.dims[axis]! : position;
    return [...place.slice(0, axis), counted, ...place.slice(axis + positions.dims.length)];
  });
}
