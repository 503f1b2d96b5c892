/**
 * How long the owner of a lock has been silent, as far as one has watched. In comes what each look at the lock's file
 * saw, out comes a time. Only this process's own clock is asked, and only whether the file has changed: the clocks of
 * two machines, or of a machine and a file server, need not agree. Pure.
 */

/** One look at a file. Times are of a clock that only counts, milliseconds. */
export interface Sight {
  /** Who holds the lock by what the file says. */
  readonly owner: string;
  /** Differs between any two versions of the file, also of its times. */
  readonly sign: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** `unknown`: neither a sign of life was seen nor was there silence for long enough. */
export type Heard = 'life' | 'death' | 'unknown';

/** Owners say that they live four times in the time after which silence counts as death, or more often. */
const BEATS = 4;
/** One look tells of the moment, not of all the time since the look before: who was frozen meanwhile has seen nothing. */
const LEAST_LOOKS = 8;

export class Silence {
  readonly #staleAfterMs: number;
  #last: Sight | null = null;
  #silentMs = 0;
  #hasSpoken = false;

  /** @param staleAfterMs - the silence that counts as death */
  constructor(staleAfterMs: number) {
    this.#staleAfterMs = staleAfterMs;
  }

  /**
   * Takes in one look.
   *
   * @returns what is known of the owner that it showed
   */
  hear(sight: Sight): Heard {
    const last = this.#last;
    const { owner, sign, beganMs, endedMs } = sight;
    this.#last = sight;
    if (last?.owner !== owner) {
      this.#hasSpoken = false;
      this.#silentMs = 0;
    } else if (last.sign !== sign) {
      this.#hasSpoken = true;
      this.#silentMs = 0;
    } else if (endedMs - beganMs > this.#staleAfterMs / BEATS) {
      // A disk that let this look wait has let the owner's sign of life wait too.
      this.#silentMs = 0;
    } else {
      this.#silentMs += Math.min(endedMs - last.endedMs, this.#staleAfterMs / LEAST_LOOKS);
    }
    if (this.#silentMs >= this.#staleAfterMs) {
      return 'death';
    }
    return this.#hasSpoken ? 'life' : 'unknown';
  }
}
