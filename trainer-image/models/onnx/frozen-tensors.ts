/**
 * Tensors of a file that are not trained and too large to be written into the model of every shape: they become inputs of all
 * graphs, over one memory. In: a stored tensor that no gradient is taken by. Out: the input, or null where it stays a constant.
 */
import type { FrozenTensor } from '../network.ts';
import type { StoredNumbers } from './known-tensor.ts';
import type { Initializer } from './model.ts';

/**
 * From so many bytes on. What is smaller (scales, epsilons, short vectors) the runtime folds into what is computed of it, and
 * thousands of them do not make a model large; as inputs they would be thousands of bindings.
 */
const LEAST_BYTES = 1024;

export interface ImportedFrozenTensor extends FrozenTensor {
  /** The stored tensor it is. */
  readonly source: string;
}

/** A mask stays a constant: attention must know which products it leaves out. */
export function frozenTensor({ name: source, dims, data }: Initializer): ImportedFrozenTensor | null {
  if (data === null || data.byteLength < LEAST_BYTES || isMask(data)) {
    return null;
  }
  const name = `frozen/${source}`;
  if (data instanceof Float16Array) {
    return { source, name, type: 'float16', dims, data };
  }
  // Graphs compute in nothing wider than float32.
  const narrow = data instanceof Float32Array ? data : Float32Array.from(data);
  return { source, name, type: 'float32', dims, data: narrow };
}

/** Numbers with minus infinity among them are a mask. */
export function isMask(data: StoredNumbers): boolean {
  return data.includes(-Infinity);
}
