/**
 * A queue of keys to look at. In come keys, now or later; out they go one at a time, each at most once however often it
 * was added. A key that is being worked on is never handed out a second time; added meanwhile, it comes once more
 * after. So whoever takes a key may read the world as it is and need not know why it was called. Keys that are new wait in a
 * line of their own: while both lines have any, they are taken in turn, so neither waits for all of the other.
 */

type Line = 'new' | 'known';

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
  readonly #isNew: (key: string) => boolean;
  /** In the order of adding, with the time of it; a Map keeps the order and drops doubles. */
  readonly #ready: Readonly<Record<Line, Map<string, number>>> = { new: new Map(), known: new Map() };
  #turn: Line = 'new';
  readonly #working = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #takers: ((key: string | null) => void)[] = [];
  #isClosed = false;

  /** @param isNew - whether nobody has looked at this key yet; asked when it is added */
  constructor(
    timers: QueueTimers,
    observer: QueueObserver | null = null,
    isNew: (key: string) => boolean = () => false,
  ) {
    this.#timers = timers;
    this.#observer = observer;
    this.#isNew = isNew;
  }

  get #depth(): number {
    return this.#ready.new.size + this.#ready.known.size;
  }

  add(key: string): void {
    if (this.#isClosed) {
      return;
    }
    this.#delayed.get(key)?.cancel.abort();
    this.#delayed.delete(key);
    if (!this.#ready.new.has(key) && !this.#ready.known.has(key)) {
      this.#ready[this.#isNew(key) ? 'new' : 'known'].set(key, this.#timers.now());
      this.#observer?.queueAdded(this.#depth);
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
    this.#ready.new.clear();
    this.#ready.known.clear();
    for (const taker of this.#takers.splice(0)) {
      taker(null);
    }
  }

  #handOut(): void {
    for (let found = this.#next(); this.#takers.length > 0 && found !== null; found = this.#next()) {
      const { key, line } = found;
      const addedMs = this.#ready[line].get(key) ?? 0;
      this.#ready[line].delete(key);
      this.#working.add(key);
      this.#turn = line === 'new' ? 'known' : 'new';
      this.#observer?.queueTaken(this.#depth, Math.max(0, this.#timers.now() - addedMs) / 1000);
      this.#takers.shift()?.(key);
    }
  }

  /** The first key of the line whose turn it is that nobody works on, or of the other line; null: there is none. */
  #next(): { readonly key: string; readonly line: Line } | null {
    const other = this.#turn === 'new' ? 'known' : 'new';
    for (const line of [this.#turn, other] as const) {
      for (const key of this.#ready[line].keys()) {
        if (!this.#working.has(key)) {
          return { key, line };
        }
      }
    }
    return null;
  }
}
