/**
 * The one loop that lists and watches: list once, watch from there, and go on for as long as it is wanted. In comes a
 * source, out go lists and events. After any loss (a watch that broke or was cut, a version too old to go on from, a
 * server that was away) it goes on from the last version that was told, or lists anew where nothing else is left, with
 * pauses that grow while it fails. Knows no kind of object.
 */
import { Backoff, type BackoffLimits } from '../timing/backoff.ts';

export interface ObjectList<T> {
  readonly items: readonly T[];
  /** Where a watch goes on from to miss nothing. */
  readonly resourceVersion: string;
}

export type WatchEvent<T> =
  | { readonly type: 'changed' | 'deleted'; readonly object: T; readonly resourceVersion: string }
  /** Nothing changed up to this version. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

export interface ObjectSource<T> {
  list(signal: AbortSignal): Promise<ObjectList<T>>;
  /**
   * Events after `resourceVersion`, until the server ends the watch.
   *
   * @throws ExpiredError when the server no longer knows that version; anything else when the watch breaks.
   */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
}

/** The server does not know what happened since the version asked for: list anew. */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}

export interface FollowEffects {
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
}

export interface FollowOptions<T> extends FollowEffects {
  readonly source: ObjectSource<T>;
  /** What it throws counts as a failure of the list. */
  readonly onList: (list: ObjectList<T>) => void;
  /** What it throws counts as a failure of the watch. */
  readonly onEvent: (event: WatchEvent<T>) => void;
  /** Told of every list and watch that failed. Each comes again by itself, unless this throws, which ends the following. */
  readonly onError: (error: unknown) => void;
  /** Told again and again whether, as far as is known, everything that happens arrives. */
  readonly onHearing?: (isHearing: boolean) => void;
  /** Between attempts that fail. @defaultValue 200 ms, doubling to 15 s */
  readonly backoff?: BackoffLimits;
}

const DEFAULT_BACKOFF: BackoffLimits = { firstMs: 200, longestMs: 15_000 };
/** A watch that ends sooner has not really begun: asking again and again at once would be a busy loop. */
const SHORTEST_WATCH_MS = 1000;
/** After so many failures with no good list or watch in between, what is here may be of a server that is no more. */
const RELIST_AFTER_FAILURES = 5;
const ATTEMPT = 'attempt';

/**
 * Follows the server until the signal aborts.
 *
 * @throws what `onError` throws.
 */
export async function follow<T>(options: FollowOptions<T>, signal: AbortSignal): Promise<void> {
  const course = new Course(options);
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    let pauseMs: number;
    try {
      pauseMs = await course.attempt(signal);
    } catch (error) {
      if (isOver()) {
        return;
      }
      pauseMs = course.failed(error);
    }
    await options.sleep(pauseMs, signal).catch(() => {
      // Aborted: the loop sees it.
    });
  }
}

/** Where a following stands: what is known so far, and how often it has failed since. */
class Course<T> {
  readonly #options: FollowOptions<T>;
  readonly #limits: BackoffLimits;
  readonly #backoff: Backoff;
  #version: string | null = null;
  #failures = 0;

  constructor(options: FollowOptions<T>) {
    this.#options = options;
    this.#limits = options.backoff ?? DEFAULT_BACKOFF;
    this.#backoff = new Backoff(this.#limits, options.random);
  }

  /**
   * Lists, where that is needed, and watches until the server ends the watch in good order.
   *
   * @returns milliseconds until the next attempt: a server, or a proxy before it, that ends every watch at once must not
   *   be asked without pause
   */
  async attempt(signal: AbortSignal): Promise<number> {
    const { source, onEvent, monotonicNow } = this.#options;
    const from = this.#version ?? (await this.#list(signal));
    const startedMs = monotonicNow();
    for await (const event of source.watch(from, signal)) {
      onEvent(event);
      this.#version = event.resourceVersion;
      this.#hears();
      this.#backoff.forget(ATTEMPT);
    }
    this.#hears();
    if (monotonicNow() - startedMs < SHORTEST_WATCH_MS) {
      return this.#backoff.next(ATTEMPT);
    }
    this.#backoff.forget(ATTEMPT);
    return this.#limits.firstMs;
  }

  /** @returns milliseconds until the next attempt */
  failed(error: unknown): number {
    this.#failures += 1;
    this.#options.onHearing?.(false);
    if (error instanceof ExpiredError || this.#failures >= RELIST_AFTER_FAILURES) {
      this.#version = null;
    }
    if (!(error instanceof ExpiredError)) {
      this.#options.onError(error);
    }
    return this.#backoff.next(ATTEMPT);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const list = await this.#options.source.list(signal);
    this.#options.onList(list);
    this.#version = list.resourceVersion;
    // A list alone is no proof that a watch works: only a watch ends the growth of the pauses.
    this.#hears();
    return list.resourceVersion;
  }

  #hears(): void {
    this.#failures = 0;
    this.#options.onHearing?.(true);
  }
}
