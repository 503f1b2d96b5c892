/**
 * What flows through an imported network while its graph is built: numbers that are known already, the clip, or a value
 * that the graph computes, with the order in which its axes lie. In: made by the walk and the handlers. Out: read by them.
 */
import type { Value } from '../../graph/value.ts';
import type { ClipAxes } from '../export-frame.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { KnownTensor } from './known-tensor.ts';

/**
 * How a computed value lies: with its axes as the file has them, or with the first two exchanged, `[C, N, ...]`, which is
 * the layout that the convolution and batch-norm rules are fast in.
 */
export type Layout = 'asWritten' | 'channelsFirst';

export type Operand =
  | { readonly kind: 'known'; readonly tensor: KnownTensor }
  | { readonly kind: 'computed'; readonly value: Value; readonly layout: Layout }
  /** The normalised clip, still as pixels lie in memory: `[1, N, T, H, 3 * W]`. */
  | {
      readonly kind: 'clip';
      readonly pixels: Value;
      readonly axes: ClipAxes;
      /** Lengths as the network sees them. */
      readonly dims: readonly number[];
    }
  /** Several values under one name, as `chunk` and `split` are exported. Only the operators on lists take it. */
  | { readonly kind: 'list'; readonly parts: readonly Operand[] };

/**
 * Lengths of the axes as the file has them.
 *
 * @throws OnnxUnsupportedError when it is a list.
 */
export function dimsOf(operand: Operand): readonly number[] {
  switch (operand.kind) {
    case 'known':
      return operand.tensor.dims;
    case 'clip':
      return operand.dims;
    case 'list':
      throw new ListOperandError();
    case 'computed':
      return operand.layout === 'channelsFirst' ? firstTwoExchanged(operand.value.dims) : operand.value.dims;
  }
}

/** A list of values was given to an operator that takes one. */
export class ListOperandError extends OnnxUnsupportedError {
  constructor() {
    super('it is given a list of values where it takes one');
  }
}

export function firstTwoExchanged(dims: readonly number[]): readonly number[] {
  const [first, second, ...rest] = dims;
  return first === undefined || second === undefined ? dims : [second, first, ...rest];
}

/** Where an axis of the file lies in a layout. */
export function axisIn(layout: Layout, axis: number): number {
  return layout === 'channelsFirst' && axis < 2 ? 1 - axis : axis;
}

export function known(tensor: KnownTensor): Operand {
  return { kind: 'known', tensor };
}

export function computed(value: Value, layout: Layout = 'asWritten'): Operand {
  return { kind: 'computed', value, layout };
}
