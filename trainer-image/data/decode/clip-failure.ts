/**
 * Why a clip could not be made, where its file is to blame; what the disk is to blame for is a `DiskError`. Thrown inside a decoder process, carried over the pipe as a code and a sentence, thrown
 * away or counted by the loader: never a reason to stop by itself.
 */

/** In the order of the codes on the pipe; append only. */
export const FAILURE_REASONS = [
  /** The file is missing where its folder is not, is no video, or its index is broken. */
  'UNREADABLE',
  /** The file has sound or data but no picture. */
  'NO_VIDEO',
  /** There is a video track with nothing in it that can be decoded. */
  'NO_FRAMES',
  /** The file ends before the frames that its index promises. */
  'TRUNCATED',
  /** The decoder met errors in the frames that were wanted. */
  'DAMAGED',
  'TOO_SMALL',
  'TOO_LARGE',
  /** The decoder did not come back in time. */
  'TIMEOUT',
  /** The decoder process died. */
  'CRASHED',
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Failures of one part of a video: another draw may well succeed. All others hold for the whole file. */
const REASONS_OF_A_PART: readonly FailureReason[] = ['TRUNCATED', 'DAMAGED'];

/** True when no clip can be made from this file, whatever is drawn. */
export function isWholeFile(reason: FailureReason): boolean {
  return !REASONS_OF_A_PART.includes(reason);
}

export class ClipFailure extends Error {
  override readonly name = 'ClipFailure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
