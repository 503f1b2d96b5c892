/**
 * The micro-batches of an evaluation, which are to fit into memory: clips that one run takes, and runs side by side. In: the lanes
 * and the memory that a trainer has, the shape of the clips. Out: the first to try, and after each the next smaller ones. Pure.
 */

import type { MicroBatches } from '../steps/micro-batches.ts';

/** Frame-pixels of one run: small clips are taken many at a time. */
const FRAME_PIXELS_PER_RUN = 2 ** 20;
const MOST_CLIPS_PER_RUN = 64;
/** A few activations at a time of 64 channels at half the resolution, and the clip itself. */
const BYTES_PER_FRAME_PIXEL = 256;

export interface EvaluationLimits {
  /** Most runs side by side. */
  readonly lanes: number;
  /** Cores that the runs share. */
  readonly cores: number;
  /** What all runs together may take, bytes; undefined: the device's own limit. */
  readonly activationBytes?: number | undefined;
}

export interface ClipSize {
  readonly frames: number;
  readonly cropSize: number;
}

/** Of micro-batches without gradients there may be any number, of any clips. */
export type EvaluationMicroBatches = Pick<MicroBatches, 'clips' | 'lanes' | 'threadsPerLane'>;

/** As many clips a run, and then as many runs, as are known to fit; one clip in one lane is always tried. */
export function firstEvaluationMicroBatches(
  { lanes, cores, activationBytes = Infinity }: EvaluationLimits,
  { frames, cropSize }: ClipSize,
): EvaluationMicroBatches {
  const framePixels = frames * cropSize ** 2;
  const clipsInMemory = Math.floor(activationBytes / BYTES_PER_FRAME_PIXEL / framePixels);
  const fitting = Math.min(clipsInMemory / lanes, FRAME_PIXELS_PER_RUN / framePixels, MOST_CLIPS_PER_RUN);
  const clips = Math.max(1, Math.floor(fitting));
  return inLanes(clips, Math.max(1, Math.min(lanes, Math.floor(clipsInMemory / clips))), cores);
}

/**
 * The next smaller ones: half the clips, down to one; then half the lanes, down to one.
 *
 * @returns null when there are none.
 */
export function smallerEvaluationMicroBatches(
  { clips, lanes }: EvaluationMicroBatches,
  { cores }: Pick<EvaluationLimits, 'cores'>,
): EvaluationMicroBatches | null {
  if (clips > 1) {
    return inLanes(Math.floor(clips / 2), lanes, cores);
  }
  return lanes > 1 ? inLanes(1, Math.floor(lanes / 2), cores) : null;
}

function inLanes(clips: number, lanes: number, cores: number): EvaluationMicroBatches {
  return { clips, lanes, threadsPerLane: Math.max(1, Math.floor(cores / lanes)) };
}
