/**
 * From a request to pixels: the whole work of a decoder process. In comes a path and a request, out goes one clip, uint8
 * RGB `[T, S, S, 3]`.
 */
import type { ClipGeometry } from '../clip-request.ts';
import { ClipFailure } from './clip-failure.ts';
import { CropResizer } from './crop-resize.ts';
import { type PictureSource, pictureSource, type PictureSourceName } from './picture-source.ts';
import type { Pictures } from './pictures.ts';
import { StreamedVideo } from './streamed-video.ts';
import { VideoCache } from './video-cache.ts';
import type { VideoLimits } from './video-limits.ts';

export interface ClipMakerSettings {
  /** Memory for decoded videos, bytes. */
  readonly cacheBytes: number;
  readonly limits: VideoLimits;
  /** Frames per second at which strides are counted. */
  readonly targetFps: number;
  /** How videos become pictures. */
  readonly pictures: PictureSourceName;
}

/**
 * Frames that may be missing at the end of a file before it counts as cut off: containers miscount by a few. The last
 * picture stands in for them.
 */
const TOLERATED_MISSING_FRAMES = 3;

export class ClipMaker {
  readonly #cache: VideoCache;
  readonly #settings: ClipMakerSettings;
  readonly #source: PictureSource;

  constructor(settings: ClipMakerSettings) {
    this.#settings = settings;
    this.#source = pictureSource(settings.pictures);
    this.#cache = new VideoCache(settings.cacheBytes);
  }

  /**
   * Makes one clip.
   *
   * @param target - at least T * S * S * 3 bytes, written from the start.
   * @returns whether the video was in the cache.
   * @throws {@link ClipFailure} with the reason, DiskError; `target` may be partly written then.
   */
  make(path: string, clip: ClipGeometry, target: Uint8Array): boolean {
    try {
      return this.#make(path, clip, target);
    } catch (error) {
      // Another look is to be one at the file.
      this.#cache.forget(path);
      throw error;
    }
  }

  #make(path: string, clip: ClipGeometry, target: Uint8Array): boolean {
    const cached = this.#cache.get(path);
    if (cached !== undefined) {
      this.#paint(cached, clip, target);
      return true;
    }
    const file = this.#source.open(path, this.#settings.limits);
    try {
      this.#paint(this.#cache.admit(path, file) ?? new StreamedVideo(file), clip, target);
      return false;
    } finally {
      file.close();
    }
  }

  #paint(video: Pictures, clip: ClipGeometry, target: Uint8Array): void {
    const { frames } = video.timeline;
    const wanted = this.#source.framesOf(video.timeline, clip, this.#settings.targetFps);
    const found = paint(video, wanted, clip, target);
    if (found.filled < wanted.length) {
      const last = found.lastPosition >= 0 ? found.lastPosition : lastPositionOf(video);
      paint(video, withoutMissing(wanted, last, frames), clip, target);
    }
  }
}

/** A frame index that no video reaches. */
const NEVER = 0x7fffffff;

/** Where the video really ends, found by decoding all of it. */
function lastPositionOf(video: Pictures): number {
  return video.pick(Int32Array.of(0, NEVER), () => undefined).lastPosition;
}

/** The wanted frames with the last real one in place of a few missing ones. */
function withoutMissing(wanted: Int32Array, lastPosition: number, promised: number): Int32Array {
  if (lastPosition < 0) {
    throw new ClipFailure('NO_FRAMES', 'not one picture of the video track can be decoded');
  }
  const last = Math.floor(lastPosition + 0.5);
  if (wanted.at(-1)! - last > TOLERATED_MISSING_FRAMES) {
    throw new ClipFailure(
      'TRUNCATED',
      `the video ends after ${last + 1} of its ${promised} frames; frame ${wanted.at(-1)!} was wanted`,
    );
  }
  return wanted.map((index) => Math.min(index, last));
}

function paint(
  video: Pictures,
  wanted: Int32Array,
  clip: ClipGeometry,
  target: Uint8Array,
): { filled: number; lastPosition: number } {
  const flip = clip.changes.includes('mirror');
  const resizer = new CropResizer(video.size, { ...clip, flip });
  const frameBytes = clip.cropSize ** 2 * 3;
  return video.pick(wanted, ({ pixels, offset, firstPlace, endPlace, isDamaged }) => {
    if (isDamaged) {
      throw new ClipFailure('DAMAGED', `errors while decoding frame ${wanted[firstPlace]!}`);
    }
    const start = firstPlace * frameBytes;
    resizer.apply(pixels, offset, target, start);
    for (let place = firstPlace + 1; place < endPlace; place += 1) {
      target.copyWithin(place * frameBytes, start, start + frameBytes);
    }
  });
}
