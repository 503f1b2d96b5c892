/**
 * Several decoders side by side. A video always goes to the same one (sample modulo decoders), so each video is decoded
 * and kept once. The loader gives it jobs; it implements ClipDecoder with child processes.
 */
import type { ClipDecoder, ClipJob, ClipOutcome, DecoderCounters } from './clip-decoder.ts';
import { DecoderProcess, type DecoderProcessSettings } from './decoder-process.ts';

export class DecoderPool implements ClipDecoder {
  readonly #processes: readonly DecoderProcess[];

  private constructor(processes: readonly DecoderProcess[]) {
    this.#processes = processes;
  }

  /**
   * Starts the decoder processes and waits until all take jobs.
   *
   * @param settings - `cacheBytes` is the budget of all decoders together.
   * @throws RangeError for no decoder; {@link DecoderStartError} when they do not start.
   */
  static async start(
    decoders: number,
    settings: DecoderProcessSettings,
    nowMs: () => number,
  ): Promise<DecoderPool> {
    if (!Number.isInteger(decoders) || decoders < 1) {
      throw new RangeError(`there must be at least one decoder, got ${decoders}`);
    }
    const share = { ...settings, cacheBytes: Math.floor(settings.cacheBytes / decoders) };
    const processes = Array.from({ length: decoders }, () => new DecoderProcess(share, nowMs));
    const pool = new DecoderPool(processes);
    try {
      await Promise.all(processes.map((process) => process.whenReady()));
    } catch (error) {
      await pool.dispose();
      throw error;
    }
    return pool;
  }

  /** Of the processes that are running now, for diagnosis. */
  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid }) => pid ?? []);
  }

  /** What the decoders could not be kept from, each gap once; empty when nothing. */
  get gaps(): readonly string[] {
    return [...new Set(this.#processes.flatMap(({ gaps }) => gaps))];
  }

  get counters(): DecoderCounters {
    const all = this.#processes.map(({ counters }) => counters);
    const sum = (of: (counters: DecoderCounters) => number): number =>
      all.reduce((total, counters) => total + of(counters), 0);
    return {
      clips: sum(({ clips }) => clips),
      cacheHits: sum(({ cacheHits }) => cacheHits),
      failures: sum(({ failures }) => failures),
      restarts: sum(({ restarts }) => restarts),
      cachedMs: sum(({ cachedMs }) => cachedMs),
      uncachedMs: sum(({ uncachedMs }) => uncachedMs),
    };
  }

  decode(job: ClipJob): Promise<ClipOutcome> {
    return this.#processes[job.request.sample % this.#processes.length]!.decode(job);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
  }
}
