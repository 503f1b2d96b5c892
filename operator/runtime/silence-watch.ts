/**
 * Who of many has not spoken for too long. In come words, each at once when it is heard, and ticks of a clock; out comes a
 * call when somebody falls silent and when somebody silent speaks again, and nothing in between: a thousand that speak
 * every few seconds are no work for whoever is told. Silence is measured while one listens: a machine that slept and a
 * line that was down make nobody late. How much silence is too much may change for each of them.
 */

export interface SilenceWatchOptions {
  /** Nobody may say nothing for so long, milliseconds, unless more is allowed. */
  readonly silenceMs: number;
  /** Of the silence allowed, what is left when one who is well speaks, late as that may be, milliseconds. */
  readonly spareMs: number;
  /** Before less is allowed than one has been silent already, milliseconds. */
  readonly doubtMs: number;
  /** Told of everybody who fell silent, or speaks again. */
  readonly onTurn: (key: string) => void;
}

export interface Silence {
  /** How long nothing was heard, milliseconds; time in which one could not listen is left out. Null: nothing was heard yet. */
  readonly unheardMs: number | null;
  /** So much of it, or more, is too much. */
  readonly allowedSilenceMs: number;
}

interface Speaker {
  /** On the clock that runs while one listens. */
  heardMs: number;
  allowedMs: number;
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

  /** @param allowedMs - for how long nothing needs to be said after this word */
  heard(key: string, allowedMs = this.#options.silenceMs): void {
    const speaker = this.#speakers.get(key);
    if (speaker === undefined) {
      this.#speakers.set(key, { heardMs: this.#listenedMs, allowedMs, isSilent: false });
      return;
    }
    speaker.heardMs = this.#listenedMs;
    speaker.allowedMs = allowedMs;
    if (speaker.isSilent) {
      speaker.isSilent = false;
      this.#options.onTurn(key);
    }
  }

  /** Somebody has found a reason to allow more silence, which is as good as a word, or has lost it. */
  allow(key: string, allowedMs: number): void {
    const speaker = this.#speakers.get(key);
    if (speaker === undefined || speaker.allowedMs === allowedMs) {
      return;
    }
    if (allowedMs > speaker.allowedMs) {
      this.heard(key, allowedMs);
      return;
    }
    speaker.allowedMs = allowedMs;
    this.#grant(speaker, this.#options.doubtMs);
  }

  forget(key: string): void {
    this.#speakers.delete(key);
  }

  silenceOf(key: string): Silence {
    const speaker = this.#speakers.get(key);
    return {
      unheardMs: speaker === undefined ? null : this.#listenedMs - speaker.heardMs,
      allowedSilenceMs: speaker?.allowedMs ?? this.#options.silenceMs,
    };
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
      // Everybody well gets the time to speak.
      for (const speaker of this.#speakers.values()) {
        this.#grant(speaker, speaker.allowedMs - this.#options.spareMs);
      }
    }
    this.#deafMs = 0;
    this.#listenedMs += passedMs;
    this.#judge();
  }

  /** So long, at least, before a silence that has not been told of counts. */
  #grant(speaker: Speaker, ms: number): void {
    if (!speaker.isSilent) {
      speaker.heardMs = Math.max(speaker.heardMs, this.#listenedMs - speaker.allowedMs + ms);
    }
  }

  #judge(): void {
    for (const [key, speaker] of this.#speakers) {
      if (!speaker.isSilent && this.#listenedMs - speaker.heardMs >= speaker.allowedMs) {
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
