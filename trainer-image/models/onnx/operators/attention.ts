/**
 * Attention (opset 23): softmax(Q K^T) V with heads, masks, a causal mask and a cap on the products. In: nodes with Q, K and
 * V as `[N, heads, L, E]` or `[N, L, heads * E]`. Out: products and a softmax on our tape. Heads of K and V that several
 * heads of Q share are repeated. Keys and values of earlier calls have no place in training.
 */
import { formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { attentionBias } from './attention-bias.ts';
import type { AttentionBias } from './attention-bias.ts';
import { required, scalar } from './elementwise.ts';

/** Below every product of float16 activations, and so below every float32 one that matters. */
const LOWEST = -65504;

interface Heads {
  /** `[N, heads, L, E]` */
  readonly value: Value;
  readonly isFlat: boolean;
}

function headsOf(walk: Walk, node: NodeReader, inputs: Inputs, position: number): Heads {
  const operand = required(node, inputs, position);
  const value = walk.value(operand, 'asWritten');
  const [clips, length, width] = value.dims;
  if (value.dims.length === 4) {
    return { value, isFlat: false };
  }
  const attribute = position === 0 ? 'q_num_heads' : 'kv_num_heads';
  const heads = node.int(attribute, 0);
  if (value.dims.length !== 3 || !(heads >= 1) || width! % heads !== 0) {
    throw node.refuse(
      `input ${position} has dims ${formatDims(value.dims)} and ${attribute} is ${heads}; ` +
        '[N, heads, L, E] is needed, or [N, L, heads * E]',
    );
  }
  const apart = walk.apply('reshape', [value], { dims: [clips!, length!, heads, width! / heads] }).output;
  return { value: walk.apply('transpose', [apart], { permutation: [0, 2, 1, 3] }).output, isFlat: true };
}

/** K or V with every head as often as heads of Q read it, one after the other. */
function repeated(walk: Walk, node: NodeReader, x: Value, heads: number): Value {
  const [clips, own, length, width] = x.dims;
  if (heads % own! !== 0) {
    throw node.refuse(`${heads} heads of the queries cannot share ${own} heads of the keys and values`);
  }
  const times = heads / own!;
  if (times === 1) {
    return x;
  }
  const apart = walk.apply('reshape', [x], { dims: [clips!, own!, 1, length!, width!] }).output;
  const expanded = walk.apply('expand', [apart], { dims: [clips!, own!, times, length!, width!] }).output;
  return walk.apply('reshape', [expanded], { dims: [clips!, heads, length!, width!] }).output;
}

function times(walk: Walk, x: Value, factor: number): Value {
  return walk.apply('multiply', [x, scalar(walk, factor)], {}).output;
}

function capped(walk: Walk, scores: Value, cap: number): Value {
  if (cap === 0) {
    return scores;
  }
  const { output } = walk.apply('tanh', [times(walk, scores, 1 / cap)], {});
  return times(walk, output, cap);
}

/** Softmax over the keys. Where a query may look at nothing its weights are 0. */
function weightsOf(
  walk: Walk,
  scores: Value,
  mask: Operand | undefined,
  { bias, keep }: AttentionBias,
): Value {
  const over = (x: Value): Value => walk.apply('softmax', [x], { axis: x.dims.length - 1 }).output;
  const biased =
    bias === null ? scores : walk.apply('add', [scores, walk.value(bias, 'asWritten')], {}).output;
  const kept = (weights: Value): Value =>
    keep === null ? weights : walk.apply('multiply', [weights, walk.value(keep, 'asWritten')], {}).output;
  if (mask === undefined || mask.kind === 'known') {
    return kept(over(biased));
  }
  const condition = walk.value(mask, 'asWritten');
  if (condition.type !== 'bool') {
    return kept(over(walk.apply('add', [biased, condition], {}).output));
  }
  const masked = walk.apply('select', [condition, biased, scalar(walk, LOWEST)], {}).output;
  return kept(walk.apply('select', [condition, over(masked), scalar(walk, 0)], {}).output);
}

export const attention: Handler = {
  limits: 'only the first output; without past keys and values',
  differentiable: [0, 1, 2, 3],
  emit: (walk, node, inputs) => {
    if (inputs.slice(4).some((input) => input !== undefined)) {
      throw node.refuse(
        'past keys and values are for generation, one token after the other; export the network without a cache',
      );
    }
    const [q, k, v] = [0, 1, 2].map((position) => headsOf(walk, node, inputs, position));
    const [clips, heads, length, width] = q!.value.dims;
    const [keys, values] = [k!, v!].map((x) => repeated(walk, node, x.value, heads!));
    const isFitting =
      keys!.dims.with(3, 0).join() === values!.dims.with(3, 0).join() &&
      keys!.dims[0] === clips &&
      keys!.dims[3] === width;
    if (!isFitting) {
      throw node.refuse(
        `queries, keys and values of dims ${[q!, k!, v!].map(({ value }) => formatDims(value.dims)).join(', ')} do not fit`,
      );
    }
    const scaled = times(walk, q!.value, node.float('scale', 1 / Math.sqrt(width!)));
    const products = walk.apply('matrixMultiply', [scaled, keys!], { transposeB: true }).output;
    const mask = inputs[3];
    requireMask(node, mask, products.dims);
    const bias = attentionBias({
      mask: mask?.kind === 'known' ? mask.tensor : null,
      isCausal: node.int('is_causal', 0) === 1,
      lengths: [length!, keys!.dims[2]!],
    });
    const weights = weightsOf(walk, capped(walk, products, node.float('softcap', 0)), mask, bias);
    const { output } = walk.apply('matrixMultiply', [weights, values!], {});
    if (!q!.isFlat) {
      return [computed(output)];
    }
    const together = walk.apply('transpose', [output], { permutation: [0, 2, 1, 3] }).output;
    const dims = [clips!, length!, heads! * values!.dims[3]!];
    return [computed(walk.apply('reshape', [together], { dims }).output)];
  },
};

function requireMask(node: NodeReader, mask: Operand | undefined, scores: readonly number[]): void {
  const dims = mask === undefined ? [] : dimsOf(mask);
  const added = scores.length - dims.length;
  if (added < 0 || dims.some((length, axis) => length !== 1 && length !== scores[axis + added])) {
    throw node.refuse(`attn_mask ${formatDims(dims)} does not fit products of dims ${formatDims(scores)}`);
  }
}
