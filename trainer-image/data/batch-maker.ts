/**
 * From the requests of one iteration to its batch. All clips are asked for at once and written side by side into one
 * buffer; a clip that cannot be made is replaced on the spot, by rules that depend on nothing but the request. The
 * loader decides when a batch is started.
 */
import { type ClipTarget, NO_AUGMENTATION } from './augmentation.ts';
import type { BadClip, BadClipLedger } from './bad-clips.ts';
import { BadDataError } from './bad-clips.ts';
import type { BatchBuffers } from './batch-buffers.ts';
import type { ClipBatch, ClipRequest } from './clip-request.ts';
import { isWholeFile } from './decode/clip-failure.ts';
import type { ClipReader } from './clip-reader.ts';
import { DRAWS_PER_SAMPLE, redraw, substitute } from './sampler.ts';
import type { VideoList } from './video-list.ts';

/** Other videos that are tried in place of a bad one. */
const SUBSTITUTES = 8;

export interface BatchMakerParts {
  readonly videos: VideoList;
  readonly reader: ClipReader;
  readonly buffers: BatchBuffers;
  readonly badClips: BadClipLedger;
  readonly onBadClip: (clip: BadClip) => void;
}

/** Thrown into open streams when the loader is disposed of. */
class LoaderClosedError extends Error {
  override readonly name = 'LoaderClosedError';

  constructor() {
    super('the clip loader was closed while clips were still wanted: end the streams first');
  }
}

export class BatchMaker {
  readonly #parts: BatchMakerParts;

  constructor(parts: BatchMakerParts) {
    this.#parts = parts;
  }

  /** Bytes of the batch that these requests make; all must have one shape. */
  bytesOf(requests: readonly ClipRequest[]): number {
    return requests.length * clipBytes(requests[0]);
  }

  /**
   * Makes one batch.
   *
   * @throws RangeError for no requests, mixed shapes or a sample that is not in the list; {@link BadDataError};
   *   VideoRefusedError; the signal's reason when aborted.
   */
  async make(requests: readonly ClipRequest[], signal: AbortSignal): Promise<ClipBatch> {
    const { videos, buffers } = this.#parts;
    const [first] = requests;
    checkRequests(requests, videos.videos.length);
    const size = clipBytes(first);
    const pixels = buffers.borrow(this.bytesOf(requests));
    const samples = await Promise.all(
      requests.map((request, place) =>
        this.#fill(request, pixels.subarray(place * size, (place + 1) * size), signal),
      ),
    );
    const labels = samples.map((sample) => (sample === null ? [] : videos.videos[sample]!.labels));
    let isReleased = false;
    return {
      pixels,
      clips: requests.length,
      frames: first!.frames,
      cropSize: first!.cropSize,
      labels,
      targets: labels.map((ofClip, place) => targetOf(requests[place]!, ofClip)),
      samples,
      release: () => {
        if (!isReleased) {
          isReleased = true;
          buffers.giveBack(pixels);
        }
      },
    };
  }

  /** Writes one clip, or what takes its place; returns the sample it is of, null where nothing may take its place. */
  async #fill(request: ClipRequest, target: Uint8Array, signal: AbortSignal): Promise<number | null> {
    const { videos, reader } = this.#parts;
    let wanted = request;
    let failures = 0;
    for (;;) {
      const { path } = videos.videos[wanted.sample]!;
      const outcome = await reader.read({ request: wanted, path, target, signal });
      if (outcome.kind === 'clip') {
        return wanted.sample;
      }
      if (outcome.kind === 'cancelled') {
        signal.throwIfAborted();
        throw new LoaderClosedError();
      }
      this.#parts.onBadClip(this.#parts.badClips.note(path, outcome.reason, outcome.message));
      const endsDraws = isWholeFile(outcome.reason) || request.draw === null;
      failures = endsDraws ? Math.max(failures + 1, DRAWS_PER_SAMPLE) : failures + 1;
      if (endsDraws || failures === DRAWS_PER_SAMPLE) {
        this.#parts.badClips.giveUp(path);
      }
      if (request.draw === null) {
        // Another video in its place would be judged twice.
        target.fill(0);
        return null;
      }
      wanted = this.#replacement(request, failures);
    }
  }

  /** @param failures - clips tried so far; the draws of a video that is bad as a whole count as tried. */
  #replacement(request: ClipRequest, failures: number): ClipRequest {
    const { videos, badClips } = this.#parts;
    const next = failures < DRAWS_PER_SAMPLE ? redraw(request, failures) : null;
    if (next !== null) {
      return next;
    }
    const trial = failures - DRAWS_PER_SAMPLE;
    if (videos.videos.length < 2 || trial >= SUBSTITUTES) {
      throw new BadDataError(`no clip could be made from ${videos.source}:`, badClips.list);
    }
    return substitute(request, trial, videos.videos.length);
  }
}

/** What is judged is not augmented. */
function targetOf({ draw }: ClipRequest, labels: readonly number[]): ClipTarget {
  return (draw?.shape.augmentation ?? NO_AUGMENTATION).targetOf(labels);
}

function clipBytes(request: ClipRequest | undefined): number {
  return request === undefined ? 0 : request.frames * request.cropSize ** 2 * 3;
}

function checkRequests(requests: readonly ClipRequest[], videos: number): void {
  const [first] = requests;
  if (first === undefined) {
    throw new RangeError('a batch needs at least one clip request');
  }
  for (const { frames, cropSize, sample } of requests) {
    if (frames !== first.frames || cropSize !== first.cropSize) {
      throw new RangeError(
        `one batch has one shape, got ${first.frames}x${first.cropSize} and ${frames}x${cropSize}`,
      );
    }
    if (!Number.isInteger(sample) || sample < 0 || sample >= videos) {
      throw new RangeError(`sample ${sample} is not in a list of ${videos} videos`);
    }
  }
}
