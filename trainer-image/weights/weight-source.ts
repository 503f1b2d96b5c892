/**
 * A file of named tensors, open for reading: what `match-tensors.ts` looks names up in and `load-weights.ts` reads values
 * from, one at a time. Each kind of file has one implementation in this folder.
 */

/** What a file says of one tensor before its values are read. */
export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface WeightSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * For kinds of files in which batch norms may be folded into convolutions, so that a weight under its usual name is
   * another: why such a file is refused, and what to take instead.
   */
  readonly whenFolded?: string;
  /**
   * Values as float32, in row-major order.
   *
   * @param name - a key of `tensors`
   * @throws WeightsFileError when the elements are no floating-point numbers, or the file ends early.
   */
  read(name: string): Promise<Float32Array>;
  /** Releases the file; nothing can be read any more. */
  close(): Promise<void>;
}
