/**
 * What the trainer has to say, kept until it has arrived. In comes every progress, often; out goes the newest one, at
 * once when something of note changed, else once in an interval. A failed write is tried again, never lost and never
 * the training's problem. Used by every implementation of JobLink.
 */
import { REPORTS } from '../../multigrid/contract/timings.ts';
import type { Progress } from '../../multigrid/progress.ts';

export interface OutboxOptions {
  /** Delivers one progress; rejects when the other side cannot be reached. */
  readonly send: (progress: Progress) => Promise<void>;
  /** Told of every failed delivery; the outbox goes on trying. */
  readonly onError: (error: unknown) => void;
  /**
   * Least time from the delivery of one progress to that of another that is of no note, milliseconds; asked again and again.
   *
   * @defaultValue 1000
   */
  readonly intervalMs?: (delivered: Progress, newest: Progress) => number;
  /**
   * From a try that failed to the next one, milliseconds; twice as long after every further failure, up to four times: a server that
   * is overloaded answers late, and must not get the more to do for it.
   *
   * @defaultValue 1000
   */
  readonly retryMs?: number;
  /** How long `put` waits for a delivery before it leaves it to the background, milliseconds. @defaultValue for ever */
  readonly putTimeoutMs?: number;
  /** How long `close` goes on trying when nobody hurries it, milliseconds. @defaultValue 10000 */
  readonly closeTimeoutMs?: number;
  /** Milliseconds since any moment, by a clock that nobody sets: reports must go on when the time of day jumps. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const DEFAULT_PAUSE_MS = 1000;
const MOST_DOUBLINGS = 2;

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
  readonly #intervalMs: (delivered: Progress, newest: Progress) => number;
  readonly #retryMs: number;
  readonly #closing = new AbortController();
  #newest: Progress | null = null;
  #delivered: Progress | null = null;
  /** Of the last try: when it began, or when it failed. */
  #lastTryAt = Number.NEGATIVE_INFINITY;
  /** Tries that failed since the last delivery. */
  #failures = 0;
  #trying: Promise<void> | null = null;
  #timer: { readonly dueAt: number; readonly cancel: AbortController } | null = null;
  /** Ends when the newest timer has run out and has sent what it was for. */
  #waiting: Promise<void> | null = null;
  #lastError: unknown = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? (() => DEFAULT_PAUSE_MS);
    this.#retryMs = options.retryMs ?? DEFAULT_PAUSE_MS;
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
    await this.#waiting;
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
      await sleep(Math.min(this.#retryMs / 5, REPORTS.lastRetryMs));
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
      this.#failures = 0;
    } catch (error) {
      this.#lastTryAt = this.#options.monotonicNow();
      this.#lastError = error;
      this.#failures += 1;
      this.#options.onError(error);
    }
  }

  /** Sees to it that what lies here goes out when the pause is over, also when nobody puts anything more. */
  #schedule(): void {
    const newest = this.#newest;
    if (newest === null || newest === this.#delivered || this.#closing.signal.aborted) {
      return;
    }
    const pauseMs =
      this.#failures > 0 || this.#delivered === null
        ? this.#retryMs * 2 ** Math.min(MOST_DOUBLINGS, Math.max(0, this.#failures - 1))
        : this.#intervalMs(this.#delivered, newest);
    const now = this.#options.monotonicNow();
    const dueAt = Math.max(now, this.#lastTryAt + pauseMs);
    if (this.#timer !== null && this.#timer.dueAt <= dueAt) {
      return;
    }
    // News that could not be sent is due before mere movement is.
    this.#timer?.cancel.abort();
    const cancel = new AbortController();
    const timer = { dueAt, cancel };
    this.#timer = timer;
    this.#waiting = this.#options
      .sleep(dueAt - now, AbortSignal.any([this.#closing.signal, cancel.signal]))
      .then(() => this.#deliverNewest())
      .catch(() => {
        // An earlier time has taken its place, or the closing signal ends it; close delivers what is left.
      })
      .then(() => {
        if (this.#timer === timer) {
          this.#timer = null;
          this.#schedule();
        }
      });
  }
}

/** Whether somebody waits for this news: a step of the protocol with the operator, a checkpoint, an end. */
function isNotable(before: Progress, after: Progress): boolean {
  const was = newsOf(before);
  return newsOf(after).some((part, index) => part !== was[index]);
}

function newsOf(progress: Progress): readonly unknown[] {
  const { state, phase, generation, unattended, lastCheckpoint, failure, trouble } = progress;
  return [state, phase, generation, unattended, lastCheckpoint?.path, failure?.reason, trouble?.reason];
}
