/**
 * How an evaluation is cut so that it fits into memory: clips of one run, and runs side by side. In: the lanes and the memory
 * that a trainer has, the shape of the clips. Out: the first cut to try, and after each the next smaller one. Pure.
 */

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

export interface EvaluationCut {
  readonly clipsPerRun: number;
  readonly lanes: number;
  readonly threadsPerRun: number;
}

/** As many clips a run, and then as many runs, as are known to fit; one clip in one lane is always tried. */
export function firstEvaluationCut(
  { lanes, cores, activationBytes = Infinity }: EvaluationLimits,
  { frames, cropSize }: ClipSize,
): EvaluationCut {
  const framePixels = frames * cropSize ** 2;
  const clipsInMemory = Math.floor(activationBytes / BYTES_PER_FRAME_PIXEL / framePixels);
  const fitting = Math.min(clipsInMemory / lanes, FRAME_PIXELS_PER_RUN / framePixels, MOST_CLIPS_PER_RUN);
  const clipsPerRun = Math.max(1, Math.floor(fitting));
  return cut(clipsPerRun, Math.max(1, Math.min(lanes, Math.floor(clipsInMemory / clipsPerRun))), cores);
}

/**
 * The next cut that takes less memory: half the clips of a run, down to one; then half the lanes, down to one.
 *
 * @returns null when there is none.
 */
export function smallerEvaluationCut(
  { clipsPerRun, lanes }: EvaluationCut,
  { cores }: Pick<EvaluationLimits, 'cores'>,
): EvaluationCut | null {
  if (clipsPerRun > 1) {
    return cut(Math.floor(clipsPerRun / 2), lanes, cores);
  }
  return lanes > 1 ? cut(1, Math.floor(lanes / 2), cores) : null;
}

function cut(clipsPerRun: number, lanes: number, cores: number): EvaluationCut {
  return { clipsPerRun, lanes, threadsPerRun: Math.max(1, Math.floor(cores / lanes)) };
}
