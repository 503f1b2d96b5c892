/**
 * The clip loader: streams of requests in, batches of pixels out, in order. It keeps the decoders busy ahead of the
 * consumer within a bound of bytes, across changes of shape, and accounts for files that cannot be used. The trainer
 * makes one for its videos; `batch-maker.ts` does the work for one batch, `decode/` the work for one clip.
 */
import { Patience } from '../../storage/patience.ts';
import { sleep } from '../../timing/timers.ts';
import { type BadClip, BadClipLedger } from './bad-clips.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { BatchMaker } from './batch-maker.ts';
import { ClipReader } from './clip-reader.ts';
import type { ClipBatch, ClipRequest } from './clip-request.ts';
import type { ClipDecoder, DecoderCounters } from './decode/clip-decoder.ts';
import { DecoderPool } from './decode/decoder-pool.ts';
import type { PictureSourceName } from './decode/picture-source.ts';
import { DEFAULT_LIMITS, type VideoLimits } from './decode/video-limits.ts';
import { LookAhead, type StartedBatch } from './look-ahead.ts';
import { orAborted } from '../../timing/or-aborted.ts';
import type { VideoList } from './video-list.ts';

interface DecodingOptions {
  /** Decoder processes; each uses one core while it decodes. */
  readonly decoders: number;
  /** Memory for decoded videos, all decoders together, MiB. @default 1024 */
  readonly cacheMiB?: number;
  /** How long one clip may take, milliseconds. @default 30000 */
  readonly clipTimeoutMs?: number;
  /** Frames per second at which strides are counted. @default 30 */
  readonly targetFps?: number;
  /** Pictures that are refused unseen. @default sides of at least 8, at most 4096 x 2304 pixels */
  readonly limits?: VideoLimits;
}

export interface ClipLoaderOptions extends DecodingOptions {
  readonly videos: VideoList;
  /** Share of the videos that may be unusable, 0 to 1; unless it is 0, one always may. @default 0.05 */
  readonly maxBadFraction?: number;
  /** Batches are prepared ahead while they fit into this many bytes; two always are. @default 64 MiB */
  readonly prefetchBytes?: number;
  /** How the videos become pictures. @default video-file */
  readonly pictures?: PictureSourceName;
  /** Told of every clip that could not be made, as it happens. */
  readonly onBadClip?: (clip: BadClip) => void;
  /** Told at the start what decoders cannot be kept from on this machine, e.g. the network. */
  readonly onGap?: (gap: string) => void;
  /** A clock that never goes back, milliseconds. @default performance.now */
  readonly nowMs?: () => number;
  /** Waits for a disk that is in trouble, and tells of it. @default one that tells nobody */
  readonly patience?: Patience;
}

/** Counted since the loader was made, all streams together. */
export interface LoaderStats {
  /** Batches handed out. */
  readonly batches: number;
  /** Batches that were not ready when they were asked for, and how long that took in all. */
  readonly waits: number;
  readonly waitMs: number;
  readonly decoders: DecoderCounters;
}

const MIB = 2 ** 20;

const DEFAULT_PREFETCH_BYTES = 64 * MIB;

export class ClipLoader {
  readonly #options: ClipLoaderOptions;
  readonly #decoder: ClipDecoder;
  readonly #reader: ClipReader;
  readonly #nowMs: () => number;
  readonly #badClips: BadClipLedger;
  readonly #maker: BatchMaker;
  #batches = 0;
  #waits = 0;
  #waitMs = 0;

  private constructor(options: ClipLoaderOptions, decoder: ClipDecoder, reader: ClipReader) {
    const { videos, maxBadFraction = 0.05, onBadClip = () => undefined, nowMs } = options;
    this.#options = options;
    this.#decoder = decoder;
    this.#reader = reader;
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#badClips = new BadClipLedger(videos.videos.length, maxBadFraction);
    const buffers = new BatchBuffers();
    this.#maker = new BatchMaker({ videos, reader, buffers, badClips: this.#badClips, onBadClip });
  }

  /**
   * Starts the decoders.
   *
   * @throws DecoderStartError when they do not run on this machine.
   */
  static async create(options: ClipLoaderOptions): Promise<ClipLoader> {
    const settings = {
      cacheBytes: (options.cacheMiB ?? 1024) * MIB,
      clipTimeoutMs: options.clipTimeoutMs ?? 30_000,
      targetFps: options.targetFps ?? 30,
      limits: options.limits ?? DEFAULT_LIMITS,
      pictures: options.pictures ?? ('video-file' as const),
    };
    const nowMs = options.nowMs ?? (() => performance.now());
    const decoder = await DecoderPool.start(options.decoders, settings, nowMs);
    for (const gap of decoder.gaps) {
      options.onGap?.(gap);
    }
    const patience = options.patience ?? new Patience({ sleep, monotonicNow: nowMs, random: Math.random });
    return new ClipLoader(options, decoder, new ClipReader({ decoder, patience, sleep }));
  }

  /** A loader of other videos through the same decoders and their cache; it ends with this one. */
  sharingDecoders(videos: VideoList): ClipLoader {
    return new ClipLoader({ ...this.#options, videos }, this.#decoder, this.#reader);
  }

  /** Every file that failed, by reason, in the order of the first failure. */
  get badClips(): readonly BadClip[] {
    return this.#badClips.list;
  }

  get stats(): LoaderStats {
    return {
      batches: this.#batches,
      waits: this.#waits,
      waitMs: this.#waitMs,
      decoders: this.#decoder.counters,
    };
  }

  /**
   * Turns lists of requests into batches, in order. The first ones are started at once, before anybody asks, so that
   * videos are decoded while the trainer still builds its graphs; from then on the batches ahead are prepared while the
   * consumer works. Several streams may be open at a time.
   *
   * @param batches - read no further ahead than the prefetch bound allows; may be endless.
   * @returns a generator that throws BadDataError when too many videos cannot be used, VideoRefusedError when the disk
   *   does not let one be read, RangeError for a batch of mixed shapes, the signal's reason when aborted.
   */
  stream(batches: Iterable<readonly ClipRequest[]>, signal: AbortSignal): AsyncGenerator<ClipBatch> {
    const ended = new AbortController();
    const { prefetchBytes = DEFAULT_PREFETCH_BYTES } = this.#options;
    const either = AbortSignal.any([signal, ended.signal]);
    const ahead = new LookAhead(batches, this.#maker, prefetchBytes, either);
    ahead.fill();
    return this.#drain(ahead, signal, ended);
  }

  /** Ends the decoder processes; resolves when they are gone. */
  async dispose(): Promise<void> {
    await this.#decoder.dispose();
  }

  async *#drain(ahead: LookAhead, signal: AbortSignal, ended: AbortController): AsyncGenerator<ClipBatch> {
    try {
      for (let next = ahead.take(); next !== null; next = ahead.take()) {
        const batch = await this.#waitFor(next, signal);
        // More is started before this one is handed over, so that decoders work while the consumer does.
        ahead.fill();
        yield batch;
      }
    } finally {
      ended.abort();
      ahead.end();
    }
  }

  async #waitFor(next: StartedBatch, signal: AbortSignal): Promise<ClipBatch> {
    const { isReady } = next;
    const startMs = this.#nowMs();
    const batch = await orAborted(next.batch, signal);
    this.#batches += 1;
    if (!isReady) {
      this.#waits += 1;
      this.#waitMs += this.#nowMs() - startMs;
    }
    return batch;
  }
}
