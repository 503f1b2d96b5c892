/** Waits for a state of the world by asking again and again, with an end. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Something expected did not come about. */
export class WaitedInVainError extends Error {
  constructor(what: string, timeoutMs: number, options?: ErrorOptions) {
    super(`waited ${timeoutMs / 1000} s in vain for ${what}`, options);
    this.name = 'WaitedInVainError';
  }
}

export interface Patience {
  /** In words, for the error. */
  readonly what: string;
  readonly timeoutMs: number;
  /** @defaultValue 100 */
  readonly periodMs?: number;
}

/**
 * @param look - resolves to null while there is nothing yet; what it throws ends the wait
 * @throws WaitedInVainError
 */
export async function waitUntil<T>(look: () => Promise<T | null>, patience: Patience): Promise<T> {
  const { what, timeoutMs, periodMs = 100 } = patience;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) {
      return seen;
    }
    if (Date.now() > deadline) {
      throw new WaitedInVainError(what, timeoutMs);
    }
    await sleep(periodMs);
  }
}
