/**
 * Operators that fold axes into one number. In: what a reduction makes of a value on our tape, and of known numbers. Out: its
 * handler. When the first two axes stay, so does the layout.
 */
import { floatType } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import { foldAxes, given } from '../fold.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf, known } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { knownList } from './shape.ts';

export interface Folding {
  readonly axes: readonly number[];
  /** With length 1, instead of going away. */
  readonly keepAxes: boolean;
}

/** Folds axes of a value, which lie as the value does. */
export type Fold = (walk: Walk, x: Value, options: Folding) => Value;

/** Makes one number of those along the axes. */
type Combine = (numbers: readonly number[]) => number;

export const total: Combine = (numbers) => numbers.reduce((sum, value) => sum + value, 0);

export function reduction(fold: Fold, combine: Combine): Handler {
  return {
    limits: '',
    differentiable: [0],
    fold: foldKnown(combine),
    emit: (walk, node, inputs) => {
      const x = required(node, inputs, 0);
      return [folded(walk, x, foldingOf(node, inputs, dimsOf(x).length), fold)];
    },
  };
}

export function foldKnown(combine: Combine): NonNullable<Handler['fold']> {
  return (node, inputs) => {
    const x = given(inputs[0]);
    const operands = inputs.map((tensor) => (tensor === undefined ? undefined : known(tensor)));
    const { axes, keepAxes } = foldingOf(node, operands, x.dims.length);
    return [foldAxes(x, axes, keepAxes, combine)];
  };
}

/** An operand with axes of the file folded, in its own type. */
export function folded(walk: Walk, x: Operand, { axes, keepAxes }: Folding, fold: Fold): Operand {
  const layout = keepAxes || axes.every((axis) => axis > 1) ? ownLayout(x) : 'asWritten';
  const value = walk.value(x, layout);
  const result = fold(walk, value, { axes: axes.map((axis) => axisIn(layout, axis)), keepAxes });
  return computed(walk.apply('cast', [result], { type: floatType(value) }).output, layout);
}

/** Axes are named in an input or, in older opsets, in an attribute; all when neither names any. */
function foldingOf(node: NodeReader, inputs: Inputs, rank: number): Folding {
  const named = knownList(node, inputs, 1) ?? node.ints('axes') ?? [];
  const isAll = named.length === 0 && node.int('noop_with_empty_axes', 0) !== 1;
  const axes = isAll ? Array.from({ length: rank }, (_, axis) => axis) : named;
  return { axes: axes.map((axis) => node.axis(axis, rank)), keepAxes: node.int('keepdims', 1) === 1 };
}
