/**
 * Pictures straight from an open file: seek to the key frame before the clip, decode up to its last frame, convert only
 * the frames that are wanted. For videos that do not fit into the cache.
 */
import type { FrameSize } from '../spatial-sampling.ts';
import { endOfRun, type Pick, type Pictures, type PickSummary } from './pictures.ts';
import type { Timeline } from './timeline.ts';
import type { VideoFile } from './video-file.ts';

/** Steps back, in frames, when a seek has landed after the wanted frame. */
const FIRST_STEP_BACK = 1;
const STEP_GROWTH = 8;

export class StreamedVideo implements Pictures {
  readonly size: FrameSize;
  readonly timeline: Timeline;
  readonly #file: VideoFile;
  readonly #picture: Uint8Array;
  /** Nothing has been read yet. */
  #isFresh = true;

  constructor(file: VideoFile) {
    this.#file = file;
    this.size = file.size;
    this.timeline = file.timeline;
    this.#picture = new Uint8Array(file.size.width * file.size.height * 3);
  }

  pick(wanted: Int32Array, visit: (pick: Pick) => void): PickSummary {
    const hasPicture = this.#goBefore(wanted[0]!);
    if (!hasPicture) {
      return { filled: 0, lastPosition: -1 };
    }
    let place = 0;
    let lastPosition: number;
    do {
      lastPosition = this.#file.position;
      const end = endOfRun(wanted, place, lastPosition);
      if (end > place) {
        const { isDamaged } = this.#file;
        if (!isDamaged) {
          this.#file.copyTo(this.#picture, 0);
        }
        visit({ pixels: this.#picture, offset: 0, firstPlace: place, endPlace: end, isDamaged });
        place = end;
      }
    } while (place < wanted.length && this.#file.next());
    return { filled: place, lastPosition };
  }

  /**
   * Stands on a picture from which all wanted ones are still to come; false when the file has no picture at all.
   *
   * A seek goes by decoding time, or by a guess, so it may land on a picture that is shown too late or cannot be decoded
   * alone; then it is tried further back, in the end from the very first frame.
   */
  #goBefore(index: number): boolean {
    const file = this.#file;
    for (let step = FIRST_STEP_BACK; file.isSeekable && index - step > 0; step *= STEP_GROWTH) {
      this.#isFresh = false;
      if (file.seekBefore(index - step) && file.next() && file.isKey && file.position < index - 0.5) {
        return true;
      }
    }
    if (!this.#isFresh) {
      file.rewind();
    }
    this.#isFresh = false;
    return file.next();
  }
}
