/**
 * A copy of all objects of one kind that follows the server: list once, then watch from there, for as long as it runs.
 * In comes a source, out come a cache and one call for every change. After any loss (a watch that broke or was cut, a
 * version too old to go on from, a server that was away) it ends up with what the server has, tells of what happened
 * in between, and tells of nothing twice. Knows no kind of object. Started by operator/main.ts through a platform.
 */
import { Backoff, type BackoffLimits } from './backoff.ts';

/** What the informer needs of an object. */
export interface Versioned {
  /** Tells it from all others of its kind. */
  readonly key: string;
  /** Differs between any two versions of it. */
  readonly resourceVersion: string;
}

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

/** A listener failed at a change. The cache has the change, and listeners are told of all others. */
export class ListenerError extends Error {
  override readonly name = 'ListenerError';
}

/** One change of the cache: `before` null, the object is new; `after` null, it is gone. */
export interface Change<T> {
  readonly before: T | null;
  readonly after: T | null;
}

export interface InformerOptions<T extends Versioned> {
  readonly source: ObjectSource<T>;
  readonly onChange: (change: Change<T>) => void;
  /** Told of every list and watch that failed, each of which comes again by itself, and of every ListenerError. */
  readonly onError: (error: unknown) => void;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  /** Between attempts that fail. @defaultValue 200 ms, doubling to 15 s */
  readonly backoff?: BackoffLimits;
}

const DEFAULT_BACKOFF: BackoffLimits = { firstMs: 200, longestMs: 15_000 };
/** After so many failures with no good list or watch in between, what is here may be of a server that is no more. */
const RELIST_AFTER_FAILURES = 5;
const ATTEMPT = 'attempt';

export class Informer<T extends Versioned> {
  readonly #options: InformerOptions<T>;
  readonly #limits: BackoffLimits;
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<undefined>();
  #objects = new Map<string, T>();
  #isSynced = false;
  #isHearing = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#limits = options.backoff ?? DEFAULT_BACKOFF;
    this.#backoff = new Backoff(this.#limits, options.random);
  }

  get(key: string): T | null {
    return this.#objects.get(key) ?? null;
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  /** Whether the first list is in. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves when the first list is in. */
  get synced(): Promise<undefined> {
    return this.#synced.promise;
  }

  /** Whether, as far as is known, everything that happens arrives: not since a list or a watch has failed. */
  get isHearing(): boolean {
    return this.#isHearing;
  }

  /** Follows the server until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let version: string | null = null;
    let failures = 0;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        if (version === null) {
          version = await this.#list(signal);
          failures = 0;
          this.#isHearing = true;
        }
        for await (const event of this.#options.source.watch(version, signal)) {
          this.#take(event);
          version = event.resourceVersion;
          failures = 0;
          this.#hearWell();
        }
        failures = 0;
        this.#hearWell();
        // Ended in good order. A server that ends every watch at once must not be asked without pause.
        await this.#pause(this.#limits.firstMs, signal);
      } catch (error) {
        if (isOver()) {
          return;
        }
        failures += 1;
        this.#isHearing = false;
        if (error instanceof ExpiredError || failures >= RELIST_AFTER_FAILURES) {
          version = null;
        }
        if (!(error instanceof ExpiredError)) {
          this.#options.onError(error);
        }
        await this.#pause(this.#backoff.next(ATTEMPT), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#options.source.list(signal);
    const before = this.#objects;
    this.#objects = new Map(items.map((item) => [item.key, item]));
    for (const [key, object] of before) {
      if (!this.#objects.has(key)) {
        this.#tell({ before: object, after: null });
      }
    }
    for (const [key, object] of this.#objects) {
      this.#tellIfNew(before.get(key) ?? null, object);
    }
    this.#isSynced = true;
    this.#synced.resolve(undefined);
    return resourceVersion;
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'bookmark') {
      return;
    }
    const { object } = event;
    const before = this.#objects.get(object.key) ?? null;
    if (event.type === 'changed') {
      this.#objects.set(object.key, object);
      this.#tellIfNew(before, object);
    } else if (before !== null) {
      this.#objects.delete(object.key);
      this.#tell({ before: object, after: null });
    }
  }

  #tellIfNew(before: T | null, after: T): void {
    if (before?.resourceVersion !== after.resourceVersion) {
      this.#tell({ before, after });
    }
  }

  /** The cache already has what is told: a listener that fails must not cost the others their changes. */
  #tell(change: Change<T>): void {
    try {
      this.#options.onChange(change);
    } catch (error) {
      const { key } = change.after ?? change.before ?? { key: 'nothing' };
      this.#options.onError(new ListenerError(`a listener failed at a change of ${key}`, { cause: error }));
    }
  }

  /** A list alone is no proof that a watch works: only a watch ends the growth of the pauses. */
  #hearWell(): void {
    this.#isHearing = true;
    this.#backoff.forget(ATTEMPT);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.sleep(ms, signal).catch(() => {
      // Aborted: the loop sees it.
    });
  }
}
