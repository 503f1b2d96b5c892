/**
 * A whole decoded video in memory: RGB pictures side by side, their positions and which of them are damaged. Made from
 * an open file when the cache has room; from then on a clip of it costs no decoding.
 */
import type { FrameSize } from '../spatial-sampling.ts';
import { endOfRun, type Pick, type Pictures, type PickSummary } from './pictures.ts';
import type { Timeline } from './timeline.ts';
import type { VideoFile } from './video-file.ts';

/** Memory that a decoded video takes, bytes. */
export function decodedBytes(file: { readonly size: FrameSize; readonly timeline: Timeline }): number {
  return file.size.width * file.size.height * 3 * file.timeline.frames;
}

export class CachedVideo implements Pictures {
  readonly size: FrameSize;
  readonly timeline: Timeline;
  readonly #pixels: Uint8Array;
  readonly #positions: number[] = [];
  readonly #damaged: boolean[] = [];
  readonly #pictureBytes: number;

  /** Decodes a file that has just been opened, from its first picture to its last. */
  constructor(file: VideoFile) {
    this.size = file.size;
    this.timeline = file.timeline;
    this.#pictureBytes = file.size.width * file.size.height * 3;
    this.#pixels = new Uint8Array(decodedBytes(file));
    const { frames } = file.timeline;
    while (this.#positions.length < frames && file.next()) {
      const { isDamaged } = file;
      if (!isDamaged) {
        file.copyTo(this.#pixels, this.#positions.length * this.#pictureBytes);
      }
      this.#positions.push(file.position);
      this.#damaged.push(isDamaged);
    }
  }

  get bytes(): number {
    return this.#pixels.byteLength;
  }

  pick(wanted: Int32Array, visit: (pick: Pick) => void): PickSummary {
    let place = 0;
    for (let index = 0; index < this.#positions.length && place < wanted.length; index += 1) {
      const end = endOfRun(wanted, place, this.#positions[index]!);
      if (end > place) {
        const offset = index * this.#pictureBytes;
        const isDamaged = this.#damaged[index]!;
        visit({ pixels: this.#pixels, offset, firstPlace: place, endPlace: end, isDamaged });
        place = end;
      }
    }
    return { filled: place, lastPosition: this.#positions.at(-1) ?? -1 };
  }
}
