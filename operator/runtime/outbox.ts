/**
 * Things that are to be sent and that nobody waits for. In they come one after the other, out they go in the same order,
 * one at a time, beside whatever the sender does meanwhile. What does not fit, or cannot be sent, is lost, and said to be.
 * Knows no kind of thing.
 */

export interface OutboxOptions<T> {
  readonly send: (item: T, signal: AbortSignal) => Promise<void>;
  /** Told why of everything that was not sent. */
  readonly onLost: (error: unknown) => void;
  /** That wait at the same time. @defaultValue 1000 */
  readonly most?: number;
}

/** The receiver is so slow that there is no room for more. */
export class OutboxFullError extends Error {
  override readonly name = 'OutboxFullError';
}

/** The sender ended before it was its turn. */
export class OutboxClosedError extends Error {
  override readonly name = 'OutboxClosedError';
}

const DEFAULT_MOST = 1000;

export class Outbox<T> {
  readonly #options: OutboxOptions<T>;
  readonly #waiting: T[] = [];
  readonly #closed = new AbortController();
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  /** Returns at once, and never throws. */
  put(item: T): void {
    const { onLost, most = DEFAULT_MOST } = this.#options;
    if (this.#closed.signal.aborted) {
      onLost(new OutboxClosedError('nothing is sent any more'));
    } else if (this.#waiting.length >= most) {
      onLost(new OutboxFullError(`${most} others wait to be sent`));
    } else {
      this.#waiting.push(item);
      if (!this.#isSending) {
        this.#sending = this.#sendAll();
      }
    }
  }

  /** Resolves when everything that came in so far is sent or lost. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  /**
   * Sends what waits until `patience` resolves or rejects; the rest is lost.
   */
  async close(patience: Promise<unknown>): Promise<void> {
    await Promise.race([this.#sending, patience.catch(() => undefined)]);
    this.#closed.abort();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    const { signal } = this.#closed;
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      try {
        signal.throwIfAborted();
        await this.#options.send(item, signal);
      } catch (error) {
        this.#options.onLost(
          signal.aborted ? new OutboxClosedError('nothing is sent any more', { cause: error }) : error,
        );
      }
    }
    this.#isSending = false;
  }
}
