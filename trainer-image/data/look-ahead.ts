/**
 * Batches that have been started and not yet handed over, in order. It pulls requests from an iterable only while
 * their batches fit into the bound, so neither memory nor the plan is used up ahead of time. One stream owns one.
 */
import type { BatchMaker } from './batch-maker.ts';
import type { ClipBatch, ClipRequest } from './clip-request.ts';

/** So many batches are always prepared ahead, however large they are. */
const BATCHES_AHEAD = 2;

export interface StartedBatch {
  readonly batch: Promise<ClipBatch>;
  readonly isReady: boolean;
}

export class LookAhead {
  readonly #source: Iterator<readonly ClipRequest[]>;
  readonly #maker: BatchMaker;
  readonly #limitBytes: number;
  readonly #signal: AbortSignal;
  readonly #started: { batch: Promise<ClipBatch>; bytes: number; isReady: boolean }[] = [];
  /** Read from the source, but not started for want of room. */
  #next: readonly ClipRequest[] | null = null;
  #isExhausted = false;

  constructor(
    batches: Iterable<readonly ClipRequest[]>,
    maker: BatchMaker,
    limitBytes: number,
    signal: AbortSignal,
  ) {
    this.#source = batches[Symbol.iterator]();
    this.#maker = maker;
    this.#limitBytes = limitBytes;
    this.#signal = signal;
  }

  /** Starts batches while there is room. */
  fill(): void {
    for (let next = this.#peek(); next !== null && this.#hasRoomFor(next); next = this.#peek()) {
      this.#next = null;
      const started = {
        batch: this.#maker.make(next, this.#signal),
        bytes: this.#maker.bytesOf(next),
        isReady: false,
      };
      started.batch.then(
        () => {
          started.isReady = true;
        },
        // Reported when its turn comes; until then nobody is listening.
        () => undefined,
      );
      this.#started.push(started);
    }
  }

  /** The next batch in order, null after the last one. */
  take(): StartedBatch | null {
    this.fill();
    return this.#started.shift() ?? null;
  }

  /** Lets go of the source. */
  end(): void {
    this.#isExhausted = true;
    this.#source.return?.();
  }

  #peek(): readonly ClipRequest[] | null {
    if (this.#next === null && !this.#isExhausted) {
      const step = this.#source.next();
      this.#isExhausted = step.done === true;
      this.#next = step.done === true ? null : step.value;
    }
    return this.#next;
  }

  #hasRoomFor(requests: readonly ClipRequest[]): boolean {
    const bytes = this.#started.reduce((sum, started) => sum + started.bytes, this.#maker.bytesOf(requests));
    return this.#started.length < BATCHES_AHEAD || bytes <= this.#limitBytes;
  }
}
