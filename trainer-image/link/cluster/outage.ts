/**
 * Says that the API server is away, without saying it a thousand times: the first failure, another kind of failure, a line a
 * minute while it lasts, and the end. In come failures and successes, out go lines of the log. Used by `cluster-job-link.ts`.
 */

const REMINDER_MS = 60_000;

export interface OutageLogger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export class Outage {
  readonly #logger: OutageLogger;
  readonly #monotonicNow: () => number;
  #current: { readonly sinceMs: number; readonly message: string; readonly saidAtMs: number } | null = null;
  #failures = 0;

  constructor(logger: OutageLogger, monotonicNow: () => number) {
    this.#logger = logger;
    this.#monotonicNow = monotonicNow;
  }

  failed(error: unknown): void {
    const message = Error.isError(error) ? error.message : String(error);
    const nowMs = this.#monotonicNow();
    this.#failures += 1;
    const current = this.#current;
    if (current !== null && current.message === message && nowMs - current.saidAtMs < REMINDER_MS) {
      return;
    }
    const sinceMs = current?.sinceMs ?? nowMs;
    this.#current = { sinceMs, message, saidAtMs: nowMs };
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
