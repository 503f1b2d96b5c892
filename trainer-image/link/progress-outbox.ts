/**
 * What the trainer has to say, kept until it has arrived. In comes every progress, often; out goes the newest one, at
 * once when something of note changed, else about once a second. A failed write is tried again, never lost and never
 * the training's problem. Used by every implementation of JobLink.
 */
import { REPORTS } from '../../multigrid/contract/timings.ts';
import type { Progress } from '../../multigrid/progress.ts';

export interface OutboxOptions {
  /** Delivers one progress; rejects when the other side cannot be reached. */
  readonly send: (progress: Progress) => Promise<void>;
  /** Told of every failed delivery; the outbox goes on trying. */
  readonly onError: (error: unknown) => void;
  /** Least time between deliveries of mere movement, and between two tries, milliseconds. @defaultValue 1000 */
  readonly intervalMs?: number;
  /** How long `put` waits for a delivery before it leaves it to the background, milliseconds. @defaultValue for ever */
  readonly putTimeoutMs?: number;
  /** How long `close` goes on trying when nobody hurries it, milliseconds. @defaultValue 10000 */
  readonly closeTimeoutMs?: number;
  /** Milliseconds since any moment, by a clock that nobody sets: reports must go on when the time of day jumps. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The last progress could not be delivered before the link was closed. */
export class ProgressLostError extends Error {
  override readonly name = 'ProgressLostError';
  constructor(state: string, cause: unknown) {
    super(
      `the last progress (${state}) could not be written to the job object; its status is out of date, the run folder is not`,
      { cause },
    );
  }
}

export class ProgressOutbox {
  readonly #options: OutboxOptions;
  readonly #intervalMs: number;
  readonly #closing = new AbortController();
  #newest: Progress | null = null;
  #delivered: Progress | null = null;
  #lastTryAt = Number.NEGATIVE_INFINITY;
  #trying: Promise<void> | null = null;
  #timer: Promise<void> | null = null;
  #lastError: unknown = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 1000;
  }

  /** Takes a progress. Resolves after the first try to deliver it when it is of note, else at once. */
  async put(progress: Progress): Promise<void> {
    const isOfNote = this.#newest === null || isNotable(this.#newest, progress);
    this.#newest = progress;
    if (isOfNote) {
      await this.#inTime(this.#deliverNewest());
    }
    this.#schedule();
  }

  /**
   * Delivers what is left.
   *
   * @param hurry when aborted, ten more seconds are all that is left
   * @throws ProgressLostError when the newest progress still cannot be delivered when the time is over.
   */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#closing.abort();
    await this.#timer;
    const { monotonicNow: now, sleep, closeTimeoutMs = REPORTS.hurriedPatienceMs } = this.#options;
    let deadline = now() + closeTimeoutMs;
    await this.#deliverNewest();
    while (this.#newest !== null && this.#newest !== this.#delivered) {
      if (hurry?.aborted === true) {
        deadline = Math.min(deadline, now() + REPORTS.hurriedPatienceMs);
        hurry = undefined;
      }
      if (now() >= deadline) {
        throw new ProgressLostError(this.#newest.state, this.#lastError);
      }
      await sleep(Math.min(this.#intervalMs / 5, REPORTS.lastRetryMs));
      await this.#deliverNewest();
    }
  }

  async #inTime(delivery: Promise<void>): Promise<void> {
    const { putTimeoutMs, sleep } = this.#options;
    if (putTimeoutMs === undefined) {
      return delivery;
    }
    const delivered = new AbortController();
    const over = sleep(putTimeoutMs, delivered.signal).catch(() => {
      // The delivery came first.
    });
    await Promise.race([delivery, over]);
    delivered.abort();
  }

  /** One try at a time; a try that began before the newest progress came is followed by another one. */
  async #deliverNewest(): Promise<void> {
    while (this.#trying !== null) {
      await this.#trying;
    }
    const progress = this.#newest;
    if (progress === null || progress === this.#delivered) {
      return;
    }
    this.#trying = this.#try(progress);
    try {
      await this.#trying;
    } finally {
      this.#trying = null;
    }
  }

  async #try(progress: Progress): Promise<void> {
    this.#lastTryAt = this.#options.monotonicNow();
    try {
      await this.#options.send(progress);
      this.#delivered = progress;
    } catch (error) {
      this.#lastError = error;
      this.#options.onError(error);
    }
  }

  /** Sees to it that what lies here goes out when the interval is over, also when nobody puts anything more. */
  #schedule(): void {
    if (this.#newest === this.#delivered || this.#timer !== null || this.#closing.signal.aborted) {
      return;
    }
    const waitMs = Math.max(0, this.#lastTryAt + this.#intervalMs - this.#options.monotonicNow());
    this.#timer = this.#options
      .sleep(waitMs, this.#closing.signal)
      .then(() => this.#deliverNewest())
      .catch(() => {
        // Only the closing signal ends the sleep early; close delivers what is left.
      })
      .then(() => {
        this.#timer = null;
        this.#schedule();
      });
  }
}

/** Whether somebody waits for this news: a step of the protocol with the operator, a checkpoint, an end. */
function isNotable(before: Progress, after: Progress): boolean {
  return (
    before.state !== after.state ||
    before.phase !== after.phase ||
    before.generation !== after.generation ||
    before.unattended !== after.unattended ||
    before.lastCheckpoint?.path !== after.lastCheckpoint?.path ||
    isOtherTrouble(before, after)
  );
}

function isOtherTrouble(before: Progress, after: Progress): boolean {
  return before.failure?.reason !== after.failure?.reason || before.trouble?.reason !== after.trouble?.reason;
}
