/**
 * A queue of keys to look at. In come keys, now or later; out they go one at a time, each at most once however often it
 * was added. A key that is being worked on is never handed out a second time; added meanwhile, it comes once more
 * after. So whoever takes a key may read the world as it is and need not know why it was called.
 * Filled by watches and timers, emptied by controller.ts.
 */

export interface QueueTimers {
  readonly now: () => number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Told how the queue fills and empties. */
export interface QueueObserver {
  queueAdded(depth: number): void;
  queueTaken(depth: number, waitedSeconds: number): void;
}

interface Delayed {
  readonly dueMs: number;
  readonly cancel: AbortController;
}

export class WorkQueue {
  readonly #timers: QueueTimers;
  readonly #observer: QueueObserver | null;
  /** In the order of adding, with the time of it; a Map keeps the order and drops doubles. */
  readonly #ready = new Map<string, number>();
  readonly #working = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #takers: ((key: string | null) => void)[] = [];
  #isClosed = false;

  constructor(timers: QueueTimers, observer: QueueObserver | null = null) {
    this.#timers = timers;
    this.#observer = observer;
  }

  add(key: string): void {
    if (this.#isClosed) {
      return;
    }
    this.#delayed.get(key)?.cancel.abort();
    this.#delayed.delete(key);
    if (!this.#ready.has(key)) {
      this.#ready.set(key, this.#timers.now());
      this.#observer?.queueAdded(this.#ready.size);
    }
    this.#handOut();
  }

  /** Adds `key` after `delayMs`, unless it is due earlier already. An `add` before that time takes its place. */
  addAfter(key: string, delayMs: number): void {
    const dueMs = this.#timers.now() + delayMs;
    const earlier = this.#delayed.get(key);
    if (this.#isClosed || (earlier !== undefined && earlier.dueMs <= dueMs)) {
      return;
    }
    earlier?.cancel.abort();
    const delayed = { dueMs, cancel: new AbortController() };
    this.#delayed.set(key, delayed);
    this.#timers.sleep(delayMs, delayed.cancel.signal).then(
      () => {
        this.add(key);
      },
      () => {
        // Cancelled: the key was added by another way, or the queue is closed.
      },
    );
  }

  /** The next key, to be given back with `done`; null when the queue is closed. */
  take(): Promise<string | null> {
    if (this.#isClosed) {
      return Promise.resolve(null);
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#takers.push(resolve);
    this.#handOut();
    return promise;
  }

  done(key: string): void {
    this.#working.delete(key);
    this.#handOut();
  }

  /** Hands out nothing any more; waiting takers get null. */
  close(): void {
    this.#isClosed = true;
    for (const { cancel } of this.#delayed.values()) {
      cancel.abort();
    }
    this.#delayed.clear();
    this.#ready.clear();
    for (const taker of this.#takers.splice(0)) {
      taker(null);
    }
  }

  #handOut(): void {
    for (const [key, addedMs] of this.#ready) {
      if (this.#takers.length === 0) {
        return;
      }
      if (!this.#working.has(key)) {
        this.#ready.delete(key);
        this.#working.add(key);
        this.#observer?.queueTaken(this.#ready.size, Math.max(0, this.#timers.now() - addedMs) / 1000);
        this.#takers.shift()?.(key);
      }
    }
  }
}
