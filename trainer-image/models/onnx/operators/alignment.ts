/**
 * Operands of an elementwise operator brought to one layout, so that ONNX broadcasting means the same as in the file. In:
 * operands of any rank. Out: values and their layout: the exchanged one when an operand of full rank lies that way.
 */
import type { Value } from '../../../graph/value.ts';
import type { Walk } from '../handler.ts';
import { dimsOf } from '../operand.ts';
import type { Layout, Operand } from '../operand.ts';

export interface Aligned {
  readonly values: readonly Value[];
  readonly layout: Layout;
}

export function align(walk: Walk, operands: readonly Operand[]): Aligned {
  const rank = Math.max(...operands.map((operand) => dimsOf(operand).length));
  const isExchanged = operands.some(
    (operand) =>
      operand.kind === 'computed' && operand.layout === 'channelsFirst' && operand.value.dims.length === rank,
  );
  const layout = isExchanged ? 'channelsFirst' : 'asWritten';
  return { layout, values: operands.map((operand) => broadcastable(walk, operand, layout, rank)) };
}

function broadcastable(walk: Walk, operand: Operand, layout: Layout, rank: number): Value {
  const dims = dimsOf(operand);
  if (dims.length === rank) {
    return walk.value(operand, layout);
  }
  const value = walk.value(operand, 'asWritten');
  // An operand one axis shorter starts at the channels, which now come first.
  if (layout === 'asWritten' || dims.length < rank - 1) {
    return value;
  }
  return walk.apply('reshape', [value], { dims: [dims[0]!, 1, ...dims.slice(1)] }).output;
}
