/**
 * Who of many has not spoken for too long. In come words, each at once when it is heard, and ticks of a clock; out comes a
 * call when somebody falls silent and when somebody silent speaks again, and nothing in between: a thousand that speak
 * every few seconds are no work for whoever is told. Silence is measured while one listens: a machine that slept and a
 * line that was down make nobody late.
 */

export interface SilenceWatchOptions {
  /** Nobody may say nothing for so long, milliseconds. */
  readonly silenceMs: number;
  /** Between two words of one who is well, with what may delay the second; what is granted after one could not listen. */
  readonly graceMs: number;
  /** Told of everybody who fell silent, or speaks again. */
  readonly onTurn: (key: string) => void;
}

interface Speaker {
  /** On the clock that runs while one listens. */
  heardMs: number;
  isSilent: boolean;
}

/** How often the clock is to tick, milliseconds. */
const TICK_MS = 1000;
/** A tick that comes later than this many periods comes after a sleep. */
const LATE = 3;

export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #speakers = new Map<string, Speaker>();
  #listenedMs = 0;
  #tickedMs: number | null = null;
  /** Without listening, so far. */
  #deafMs = 0;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  heard(key: string): void {
    const speaker = this.#speakers.get(key);
    if (speaker === undefined) {
      this.#speakers.set(key, { heardMs: this.#listenedMs, isSilent: false });
      return;
    }
    speaker.heardMs = this.#listenedMs;
    if (speaker.isSilent) {
      speaker.isSilent = false;
      this.#options.onTurn(key);
    }
  }

  forget(key: string): void {
    this.#speakers.delete(key);
  }

  /** How long nothing was heard of somebody, milliseconds; null: nothing was heard yet. */
  unheardMs(key: string): number | null {
    const speaker = this.#speakers.get(key);
    return speaker === undefined ? null : this.#listenedMs - speaker.heardMs;
  }

  /**
   * @param monotonicMs - now, by a clock that nobody sets; it may run on during sleep
   * @param isHearing - whether what is said arrives
   */
  tick(monotonicMs: number, isHearing: boolean): void {
    const passedMs = monotonicMs - (this.#tickedMs ?? monotonicMs);
    this.#tickedMs = monotonicMs;
    if (!isHearing || passedMs > LATE * TICK_MS) {
      this.#deafMs += passedMs;
      return;
    }
    if (this.#deafMs > LATE * TICK_MS) {
      this.#grant();
    }
    this.#deafMs = 0;
    this.#listenedMs += passedMs;
    this.#judge();
  }

  /** After a time in which nobody could be heard everybody well gets the time to speak. */
  #grant(): void {
    const { silenceMs, graceMs } = this.#options;
    for (const speaker of this.#speakers.values()) {
      if (!speaker.isSilent) {
        speaker.heardMs = Math.max(speaker.heardMs, this.#listenedMs - silenceMs + graceMs);
      }
    }
  }

  #judge(): void {
    for (const [key, speaker] of this.#speakers) {
      if (!speaker.isSilent && this.#listenedMs - speaker.heardMs >= this.#options.silenceMs) {
        speaker.isSilent = true;
        this.#options.onTurn(key);
      }
    }
  }
}

export interface TickingEffects {
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly isHearing: () => boolean;
}

/** Turns the clock of a watch until the signal aborts. */
export async function keepTicking(
  watch: Pick<SilenceWatch, 'tick'>,
  { monotonicNow, sleep, isHearing }: TickingEffects,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    watch.tick(monotonicNow(), isHearing());
    await sleep(TICK_MS, signal).catch(() => {
      // Aborted: the loop sees it.
    });
  }
}
