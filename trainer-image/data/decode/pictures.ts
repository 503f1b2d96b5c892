/**
 * Picking pictures out of a video by time. A wanted frame i is the first picture whose position is at least i - 1/2, so
 * videos of varying frame rate work too. Two sources answer the same question with the same pixels: a video in the
 * cache and a file that is read from the nearest key frame.
 */
import type { FrameSize } from '../spatial-sampling.ts';
import type { Timeline } from './timeline.ts';

/** One picture and the run of wanted places that it fills. */
export interface Pick {
  /** RGB `[H, W, 3]`, from `offset` on; valid during the call. */
  readonly pixels: Uint8Array;
  readonly offset: number;
  readonly firstPlace: number;
  /** Exclusive. */
  readonly endPlace: number;
  readonly isDamaged: boolean;
}

export interface PickSummary {
  /** Places filled, from the first on. */
  readonly filled: number;
  /** Position of the last picture seen, in frames; -1 when there was none. */
  readonly lastPosition: number;
}

export interface Pictures {
  readonly size: FrameSize;
  readonly timeline: Timeline;
  /**
   * Hands out the pictures for the wanted frames, each picture once.
   *
   * @param wanted - frame indices, ascending.
   * @throws what `visit` throws.
   */
  pick(wanted: Int32Array, visit: (pick: Pick) => void): PickSummary;
}

/** The place after the last one that a picture at `position` fills, counted from `firstPlace`. */
export function endOfRun(wanted: Int32Array, firstPlace: number, position: number): number {
  let place = firstPlace;
  while (place < wanted.length && position >= wanted[place]! - 0.5) {
    place += 1;
  }
  return place;
}
