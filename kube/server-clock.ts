/**
 * The API server's clock, as far as its answers tell. Objects carry its times, and replicas of the operator may run on
 * machines whose clocks differ; so whatever is compared with those times is measured by this one. In come answers with
 * their Date header, out comes the time.
 */

/** The header has whole seconds and answers take time: below this a difference says nothing. */
const TRUSTED_MS = 2000;
const HALF_SECOND_MS = 500;

export class ServerClock {
  readonly #now: () => number;
  #aheadMs = 0;

  /** @param now - this machine's clock, milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now() + this.#aheadMs;
  }

  /**
   * @param date - the Date header of an answer; null: it had none
   * @param askedMs - when it was asked for, by this machine's clock
   */
  learn(date: string | null, askedMs: number): void {
    const serverMs = date === null ? Number.NaN : Date.parse(date) + HALF_SECOND_MS;
    if (Number.isNaN(serverMs)) {
      return;
    }
    const answeredMs = this.#now();
    const aheadMs = serverMs - (askedMs + answeredMs) / 2;
    const doubtMs = TRUSTED_MS + (answeredMs - askedMs) / 2;
    if (Math.abs(aheadMs - this.#aheadMs) > doubtMs) {
      this.#aheadMs = Math.abs(aheadMs) > doubtMs ? aheadMs : 0;
    }
  }
}
