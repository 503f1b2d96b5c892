/**
 * The clip decoder as the loader sees it: a request and memory go in, pixels appear in the memory or a reason comes
 * back. `decoder-pool.ts` implements it with child processes; nothing above knows that.
 */
import type { ClipRequest } from '../clip-request.ts';
import type { FailureReason } from './clip-failure.ts';

export interface ClipJob {
  readonly request: ClipRequest;
  /** Absolute path of the video. */
  readonly path: string;
  /** Exactly T * S * S * 3 bytes; written until the outcome is known, also after an abort. */
  readonly target: Uint8Array;
  /** An aborted job is dropped when it has not started, and its pixels are thrown away when it has. */
  readonly signal: AbortSignal;
}

export type ClipOutcome =
  | { readonly kind: 'clip'; readonly isCacheHit: boolean }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string }
  /** The disk, not the video: `code` is the system's name, such as `EIO` or `ENOENT`. Another try may succeed. */
  | { readonly kind: 'diskError'; readonly code: string; readonly message: string }
  | { readonly kind: 'cancelled' };

export interface DecoderCounters {
  /** Clips made. */
  readonly clips: number;
  /** Clips made from a video that was already decoded. */
  readonly cacheHits: number;
  /** Clips that could not be made. */
  readonly failures: number;
  /** Decoder processes that were killed or died, and were replaced. */
  readonly restarts: number;
  /** Time spent in decoders on clips from the cache, and on all others, milliseconds. */
  readonly cachedMs: number;
  readonly uncachedMs: number;
}

export interface ClipDecoder {
  readonly counters: DecoderCounters;
  /**
   * Makes one clip. A clip that cannot be made is an outcome, not an error.
   *
   * @throws {@link DecoderStartError} when decoder processes do not run at all.
   */
  decode(job: ClipJob): Promise<ClipOutcome>;
  /** Ends the decoders; pending jobs come back cancelled. Resolves when the processes are gone. */
  dispose(): Promise<void>;
}

/** Thrown when decoder processes cannot be started; no clip of any file can be made then. */
export class DecoderStartError extends Error {
  override readonly name = 'DecoderStartError';

  constructor(detail: string) {
    super(
      `The video decoder processes do not start: ${detail}. Is node-av installed with its package for this platform?`,
    );
  }
}
