/**
 * Waits for a state of the world by asking again and again, with an end. Patience is spent only while this machine runs:
 * a virtual machine that is frozen for minutes, or whose clock is set, must not make everything late that was not.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Something expected did not come about. */
export class WaitedInVainError extends Error {
  constructor(what: string, timeoutMs: number, seen: string | null = null) {
    super(`waited ${timeoutMs / 1000} s in vain for ${what}${seen === null ? '' : `; seen last: ${seen}`}`);
    this.name = 'WaitedInVainError';
  }
}

export interface Patience {
  /** In words, for the error. */
  readonly what: string;
  readonly timeoutMs: number;
  /** What was seen last, for the error. */
  readonly seen?: () => string;
  /** @defaultValue 100 */
  readonly periodMs?: number;
  /** Milliseconds since any moment. @defaultValue the process's own clock, which nobody sets */
  readonly monotonicNow?: () => number;
}

/** A look and the pause after it take no longer on a machine that runs, however busy it is. */
const LONGEST_ROUND_MS = 5000;

/**
 * @param look - resolves to null while there is nothing yet; what it throws ends the wait
 * @throws WaitedInVainError
 */
export async function waitUntil<T>(look: () => Promise<T | null>, patience: Patience): Promise<T> {
  const {
    what,
    timeoutMs,
    seen: seenLast,
    periodMs = 100,
    monotonicNow = () => performance.now(),
  } = patience;
  let spentMs = 0;
  for (;;) {
    const startedMs = monotonicNow();
    const seen = await look();
    if (seen !== null) {
      return seen;
    }
    if (spentMs > timeoutMs) {
      throw new WaitedInVainError(what, timeoutMs, seenLast?.() ?? null);
    }
    await sleep(periodMs);
    spentMs += Math.min(monotonicNow() - startedMs, LONGEST_ROUND_MS);
  }
}
