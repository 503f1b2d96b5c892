/**
 * What can be wrong with weights from outside: the file itself, or what is in it. Both messages say what to do. Thrown in
 * this room; `train/progress/failure-of.ts` and `cli/explain-error.ts` turn them into an exit code.
 */

/** The file cannot be read as weights: missing, cut off, contradicting itself, or of a kind that is never read. */
export class WeightsFileError extends Error {
  override readonly name = 'WeightsFileError';
}

/** The file is sound, but its tensors do not make the network of the job. */
export class WeightsMismatchError extends Error {
  override readonly name = 'WeightsMismatchError';
}
