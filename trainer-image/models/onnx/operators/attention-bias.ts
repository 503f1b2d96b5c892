/**
 * What is known about who may look at whom in attention. In: a mask of the file, if it is known, whether a query sees
 * later keys, and how many there are of both. Out: numbers to add before the softmax, and factors after it for queries
 * that may look at nothing: those give 0 by ONNX's rule, and would give NaN. Pure.
 */
import { broadcastDims } from '../../../graph/value.ts';
import { broadcastKnown, knownTensor } from '../known-tensor.ts';
import type { KnownTensor } from '../known-tensor.ts';
import { known } from '../operand.ts';
import type { Operand } from '../operand.ts';

export interface AttentionBias {
  /** `[..., queries, keys]`, minus infinity where a key is not seen; null when nothing is to be added. */
  readonly bias: Operand | null;
  /** `[..., queries, 1]`, 0 where nothing is seen; null when every query sees something. */
  readonly keep: Operand | null;
}

export interface KnownMask {
  /** Booleans, true where a key is seen, or numbers to add; broadcasts to `[..., queries, keys]`. */
  readonly mask: KnownTensor | null;
  readonly isCausal: boolean;
  readonly lengths: readonly [queries: number, keys: number];
}

export function attentionBias({ mask, isCausal, lengths }: KnownMask): AttentionBias {
  if (mask === null && !isCausal) {
    return { bias: null, keep: null };
  }
  const [queries, keys] = lengths;
  const dims = broadcastDims(mask?.dims ?? [], lengths);
  const given = mask === null ? null : broadcastKnown(mask, dims);
  const bias = knownTensor('float', dims, (index) => {
    const isLater = index % keys > Math.floor(index / keys) % queries;
    if (isCausal && isLater) {
      return -Infinity;
    }
    const entry = given?.data[index] ?? 0;
    return given?.type === 'bool' ? (entry === 0 ? -Infinity : 0) : entry;
  });
  const seen = knownTensor('float', [...dims.slice(0, -1), 1], (row) =>
    bias.data.subarray(row * keys, (row + 1) * keys).every((entry) => entry === -Infinity) ? 0 : 1,
  );
  if (seen.data.every((entry) => entry === 1)) {
    return { bias: known(bias), keep: null };
  }
  const safe = knownTensor('float', dims, (index) =>
    seen.data[Math.floor(index / keys)] === 0 ? 0 : bias.data[index]!,
  );
  return { bias: known(safe), keep: known(seen) };
}
