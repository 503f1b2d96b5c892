/**
 * How long to wait before trying again: doubling from a first delay to a longest one, with jitter so that many keys that
 * failed together do not come back together. `delayAfter` is the rule, `Backoff` counts for it, key by key.
 */

export interface BackoffLimits {
  /** Delay after the first failure, milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Delay after the `failures`-th failure in a row (1: the first), milliseconds, without jitter.
 */
export function delayAfter(failures: number, limits: BackoffLimits): number {
  return Math.min(limits.longestMs, limits.firstMs * 2 ** Math.max(0, failures - 1));
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  readonly #failures = new Map<string, number>();

  /** @param random - numbers in [0, 1); up to a quarter of the delay is added by it. */
  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Counts a failure of `key` and answers how long to wait, milliseconds. */
  next(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return delayAfter(failures, this.#limits) * (1 + this.#random() / 4);
  }

  /** After a success: the next failure is the first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}
