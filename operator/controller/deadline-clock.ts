/**
 * How much is left of the time that workers have for what they are to do next: to train, to report again. In comes what
 * is waited for, out comes the time left. It is spent only while the controller looks on: a laptop that slept, a machine
 * that stood still, a clock that was set or an API server that was away must not make a healthy trainer late.
 */
import { CONTROLLER } from '../../multigrid/contract/timings.ts';

/** What workers are given time for. */
export interface Awaited {
  /** Tells it from everything waited for before, e.g. `report 1764000000000`. */
  readonly what: string;
  /** When the wait began, milliseconds since 1970. */
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** How the controller looks on. */
export interface Look {
  /** Milliseconds since 1970, the clock of what is awaited. */
  readonly nowMs: number;
  /** Whether what is awaited would be heard now. */
  readonly isHearing: boolean;
}

interface Wait {
  readonly what: string;
  readonly spentMs: number;
  readonly lookedMs: number;
}

/** Looks within one deadline. */
const LOOKS = 4;
/** A look that comes later than this many pauses comes after a sleep. */
const LATE = 1.5;

export class DeadlineClock {
  readonly #monotonicNow: () => number;
  readonly #waits = new Map<string, Wait>();

  /** @param monotonicNow - milliseconds since any moment, by a clock that nobody sets; it may run on during sleep */
  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow;
  }

  /**
   * @param key - whose workers are waited for; one wait at a time
   * @returns milliseconds, none or less when the time is over; null when nothing is awaited
   */
  left(key: string, awaited: Awaited | null, { nowMs, isHearing }: Look): number | null {
    if (awaited === null) {
      this.forget(key);
      return null;
    }
    const { what, deadlineMs } = awaited;
    const lookedMs = this.#monotonicNow();
    const before = this.#waits.get(key);
    const spentMs =
      before?.what === what
        ? before.spentMs +
          (isHearing ? Math.min(lookedMs - before.lookedMs, LATE * longestPauseMs(awaited)) : 0)
        : spentOutOfSight(awaited, nowMs);
    this.#waits.set(key, { what, spentMs, lookedMs });
    return deadlineMs - spentMs;
  }

  forget(key: string): void {
    this.#waits.delete(key);
  }
}

/** How long the controller may look away without taking it for a sleep, milliseconds. */
export function longestPauseMs({ deadlineMs }: Pick<Awaited, 'deadlineMs'>): number {
  return Math.min(CONTROLLER.longestPauseMs, deadlineMs / LOOKS);
}

/** Of a wait that is seen for the first time: deadlines hold over restarts of the operator, up to the last minute. */
function spentOutOfSight({ sinceMs, deadlineMs }: Awaited, nowMs: number): number {
  return Math.max(0, Math.min(nowMs - sinceMs, deadlineMs - CONTROLLER.leastLeftMs));
}
