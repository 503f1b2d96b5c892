/**
 * Tries again what a disk could not do for the moment, for as long as it takes. In comes a piece of work on one file that
 * may be done more than once, out comes its result; what does not pass by itself is thrown as it was. While something is
 * waited for, listeners are told of it, so that a job can say why it stands still.
 */
import { KnownFolders } from './known-folders.ts';
import { isMissing, systemErrorName, troubleOf } from './trouble.ts';

/** What is waited for, oldest first; shown to people as long as it lasts. */
export interface Outage {
  /** What cannot be done, to which file, with the system's words; and how many others wait with it. */
  readonly message: string;
}

export interface Work {
  /** Present participle, as in `reading`. */
  readonly doing: string;
  readonly path: string;
  /** Give up after this time, milliseconds. @defaultValue never */
  readonly limitMs?: number | undefined;
  /** It waits its turn before it meets the disk: that it has not come back says nothing of the disk. */
  readonly isQueued?: boolean;
}

/** The disk did not come back in the time there was. Another try later may succeed. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';

  constructor({ doing, path }: Work, waitedMs: number, cause: unknown) {
    super(
      `${doing} ${path} failed for ${Math.round(waitedMs / 1000)} s (${describe(cause)}); check its disk or server`,
      { cause },
    );
  }
}

export interface PatienceEffects {
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** When it has aborted, the last words may still be written, but not for ever. */
  readonly stop?: AbortSignal | undefined;
}

/** Work on files by somebody who does or does not wait. */
export type FileWork = Pick<Patience, 'with'>;

/** Does everything once: for commands in front of a person, who can try again. */
export const ONCE: FileWork = { with: async (_work, action) => action() };

/** Told when something begins to be waited for, when that changes, and with null when all is well again. */
export type OutageListener = (outage: Outage | null) => void;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const PAUSE_GROWTH = 1.6;
/** Between two looks at a file that seems to be damaged. */
export const SECOND_LOOK_MS = 1000;
/** A disk that stumbles for a moment is not worth a word. */
const MOMENT_MS = 1000;
/** What is left for a last checkpoint after the wish to stop; a pod has twice as long. */
const STOPPING_MS = 60_000;
/** From here on a call that has not come back is waited for aloud. */
const HANGING_MS = 30_000;

interface Wait {
  readonly work: Work;
  words: string;
}

export class Patience {
  readonly #effects: PatienceEffects;
  readonly #listeners = new Set<OutageListener>();
  readonly #known = new KnownFolders();
  /** Said and not over yet, oldest first. */
  readonly #waits = new Set<Wait>();
  #said: string | null = null;
  #stoppedMs = Infinity;

  constructor(effects: PatienceEffects) {
    this.#effects = effects;
    const { stop, monotonicNow } = effects;
    const note = (): void => {
      this.#stoppedMs = monotonicNow();
    };
    if (stop?.aborted === true) {
      note();
    }
    stop?.addEventListener('abort', note, { once: true });
  }

  /** @returns how to stop being told */
  listen(listener: OutageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notes that a file was there: should its folder vanish, that is the disk's doing. */
  saw(path: string): void {
    this.#known.saw(path);
  }

  /** Whether a folder has vanished that was there before, so that nothing can be said of the file. */
  hasVanished(path: string): Promise<boolean> {
    return this.#known.hasVanished(path);
  }

  /**
   * Does the work, again and again while the disk is in trouble that passes or its folder has vanished.
   *
   * @throws the work's error when it is of another kind; the signal's reason when it aborts while there is trouble;
   *   {@link StorageUnavailableError} when the work's own time is over, or the time after the wish to stop.
   */
  async with<T>(work: Work, action: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const { sleep, monotonicNow, random } = this.#effects;
    const beganMs = monotonicNow();
    const wait: Wait = { work, words: '' };
    let pauseMs = FIRST_PAUSE_MS;
    try {
      for (;;) {
        let trouble: unknown;
        try {
          return await this.#once(wait, action);
        } catch (error) {
          if (!(await this.#passes(error, work.path))) {
            throw error;
          }
          trouble = error;
        }
        signal?.throwIfAborted();
        const waitedMs = monotonicNow() - beganMs;
        const isTooLate = monotonicNow() - this.#stoppedMs >= STOPPING_MS;
        if (isTooLate || waitedMs >= (work.limitMs ?? Infinity)) {
          throw new StorageUnavailableError(work, waitedMs, trouble);
        }
        if (waitedMs >= MOMENT_MS) {
          this.#say(wait, `fails: ${describe(trouble)}`);
        }
        // Many wait for one server: they do not come back to it all at once.
        await sleep(pauseMs * (0.75 + 0.5 * random()), signal).catch((error: unknown) => {
          signal?.throwIfAborted();
          throw error;
        });
        pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
      }
    } finally {
      this.#end(wait);
    }
  }

  /** One try; a disk that does not answer it is told of. */
  async #once<T>(wait: Wait, action: () => T | Promise<T>): Promise<T> {
    if (wait.work.isQueued === true) {
      return this.#noted(wait, action);
    }
    const answered = new AbortController();
    void this.#effects.sleep(HANGING_MS, answered.signal).then(
      () => {
        this.#say(wait, `has not come back for ${HANGING_MS / 1000} s`);
      },
      () => undefined,
    );
    try {
      return await this.#noted(wait, action);
    } finally {
      answered.abort();
    }
  }

  async #noted<T>({ work }: Wait, action: () => T | Promise<T>): Promise<T> {
    const result = await action();
    this.#known.saw(work.path);
    return result;
  }

  async #passes(error: unknown, path: string): Promise<boolean> {
    return troubleOf(error) === 'passing' || (isMissing(error) && (await this.hasVanished(path)));
  }

  #say(wait: Wait, words: string): void {
    wait.words = words;
    this.#waits.add(wait);
    this.#tell();
  }

  #end(wait: Wait): void {
    if (this.#waits.delete(wait)) {
      this.#tell();
    }
  }

  #tell(): void {
    const [first] = this.#waits;
    const message = first === undefined ? null : inWords(first);
    if (message !== this.#said) {
      this.#said = message;
      for (const listener of this.#listeners) {
        listener(message === null ? null : { message });
      }
    }
  }
}

function inWords({ work: { doing, path }, words }: Wait): string {
  return `${doing} ${path} ${words}; retrying until the disk responds`;
}

function describe(error: unknown): string {
  if (!Error.isError(error)) {
    return String(error);
  }
  const isWrapped = Error.isError(error.cause) && troubleOf(error.cause) !== null;
  return isWrapped ? describe(error.cause) : inNames(error);
}

/** Node's words, with the name of an error that Node knows by its number only. */
function inNames(error: Error): string {
  const name = systemErrorName(error) ?? '';
  return error.message.replace(/^(Unknown system error -\d+)(: \1)?/, name);
}
