/**
 * Notices that a process has said nothing for too long. Every sign of life costs one assignment; the timer itself is
 * set again only when it runs out.
 */
import { callAfter } from '../../../timing/timers.ts';

export class SilenceTimer {
  readonly #limitMs: number;
  readonly #nowMs: () => number;
  readonly #onSilence: () => void;
  #heardMs = 0;
  /** Stops the timer that runs. */
  #disarm: (() => void) | null = null;

  constructor(limitMs: number, nowMs: () => number, onSilence: () => void) {
    this.#limitMs = limitMs;
    this.#nowMs = nowMs;
    this.#onSilence = onSilence;
  }

  /** Counts from now on. */
  start(): void {
    this.heard();
    if (this.#disarm === null) {
      this.#arm(this.#limitMs);
    }
  }

  heard(): void {
    this.#heardMs = this.#nowMs();
  }

  stop(): void {
    this.#disarm?.();
    this.#disarm = null;
  }

  #arm(delayMs: number): void {
    this.#disarm = callAfter(delayMs, () => {
      // Timers run before input is read: after a stall of this process, what came in meanwhile is waiting to be heard.
      setImmediate(() => {
        this.#check();
      });
    });
  }

  #check(): void {
    if (this.#disarm === null) {
      return;
    }
    const silentMs = this.#nowMs() - this.#heardMs;
    if (silentMs < this.#limitMs) {
      this.#arm(this.#limitMs - silentMs);
    } else {
      this.#disarm = null;
      this.#onSilence();
    }
  }
}
