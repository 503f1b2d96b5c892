/**
 * Says that the API server is away, without saying it a thousand times: the first failure, another kind of failure, a line a
 * minute while it lasts, and the end. In come failures and successes, out go lines of the log. Used by `cluster-job-link.ts`.
 */

const REMINDER_MS = 60_000;
/** Kinds of failure that are told apart in one outage; some servers give every failure a number of its own. */
const MOST_KINDS = 10;

export interface OutageLogger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export class Outage {
  readonly #logger: OutageLogger;
  readonly #monotonicNow: () => number;
  #current: { readonly sinceMs: number; readonly said: Set<string>; saidAtMs: number } | null = null;
  #failures = 0;

  constructor(logger: OutageLogger, monotonicNow: () => number) {
    this.#logger = logger;
    this.#monotonicNow = monotonicNow;
  }

  failed(error: unknown): void {
    const message = Error.isError(error) ? error.message : String(error);
    const nowMs = this.#monotonicNow();
    this.#failures += 1;
    this.#current ??= { sinceMs: nowMs, said: new Set(), saidAtMs: Number.NEGATIVE_INFINITY };
    const { sinceMs, said, saidAtMs } = this.#current;
    const isKnown = said.has(message) || said.size >= MOST_KINDS;
    if (isKnown && nowMs - saidAtMs < REMINDER_MS) {
      return;
    }
    said.add(message);
    this.#current.saidAtMs = nowMs;
    this.#logger.warn('the job object cannot be reached; training goes on', {
      error: message,
      seconds: Math.round((nowMs - sinceMs) / 1000),
      failures: this.#failures,
    });
  }

  worked(): void {
    if (this.#current !== null) {
      const seconds = Math.round((this.#monotonicNow() - this.#current.sinceMs) / 1000);
      this.#logger.info('the job object is reached again', { seconds, failures: this.#failures });
    }
    this.#current = null;
    this.#failures = 0;
  }
}
