/**
 * What became of every tensor when a network's first values were read from a file. Made where weights are loaded, written into
 * the run's folder, shown by the report.
 */

/** A tensor that was there with another shape. */
export interface MisfitTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly stored: string;
  readonly storedDims: readonly number[];
}

export interface WeightsReport {
  /** Whose names the file uses, as in `pyslowfast`. */
  readonly names: string;
  /** Tensors of the network that have their values from the file, statistics included. */
  readonly loaded: number;
  /** Tensors of the network. */
  readonly tensors: number;
  /** Of the loaded ones, 2D kernels that were repeated along time. */
  readonly inflated: readonly string[];
  /** Tensors of the classifier that were made anew, and why; empty when it was loaded. */
  readonly newHead: readonly string[];
  readonly newHeadReason: string | null;
  /** Other tensors left at their first values: the file has none of their names. */
  readonly missing: readonly string[];
  /** Other tensors left at their first values: the file's are of another shape. */
  readonly misfits: readonly MisfitTensor[];
  /** Tensors of the file that nothing was taken from. */
  readonly unused: readonly string[];
}
