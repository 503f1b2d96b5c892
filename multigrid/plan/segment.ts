/** A stretch of the schedule: consecutive epochs with one shape and one stage of the baseline. */

/** One shape of the long cycle, or the baseline's own. */
export interface LongShape {
  /** B: clips per step over the baseline's. */
  readonly batchFactor: number;
  readonly frames: number;
  readonly cropSize: number;
}

/** Epochs `startEpoch` to `endEpoch - 1`; may be empty when a short schedule rounds it away. */
export interface Segment {
  readonly stage: number;
  readonly shape: LongShape;
  readonly startEpoch: number;
  readonly endEpoch: number;
}
