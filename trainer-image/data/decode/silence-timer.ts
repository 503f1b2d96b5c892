/**
 * Notices that a process has said nothing for too long. Every sign of life costs one assignment; the timer itself is
 * set again only when it runs out. `decoder-process.ts` runs one while jobs are out.
 */
export class SilenceTimer {
  readonly #limitMs: number;
  readonly #nowMs: () => number;
  readonly #onSilence: () => void;
  #heardMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(limitMs: number, nowMs: () => number, onSilence: () => void) {
    this.#limitMs = limitMs;
    this.#nowMs = nowMs;
    this.#onSilence = onSilence;
  }

  /** Counts from now on. */
  start(): void {
    this.heard();
    if (this.#timer === null) {
      this.#arm(this.#limitMs);
    }
  }

  heard(): void {
    this.#heardMs = this.#nowMs();
  }

  stop(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => {
      // Timers run before input is read: after a stall of this process, what came in meanwhile is waiting to be heard.
      setImmediate(() => {
        this.#check();
      });
    }, delayMs);
  }

  #check(): void {
    if (this.#timer === null) {
      return;
    }
    const silentMs = this.#nowMs() - this.#heardMs;
    if (silentMs < this.#limitMs) {
      this.#arm(this.#limitMs - silentMs);
    } else {
      this.#timer = null;
      this.#onSilence();
    }
  }
}
