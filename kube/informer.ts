/**
 * A copy of all objects of one kind that follows the server for as long as it runs. In comes a source, out come a cache and
 * one call for every change. After any loss it ends up with what the server has, tells of what happened in between, and
 * tells of nothing twice. Knows no kind of object.
 */
import { follow, type FollowOptions, type ObjectList, type WatchEvent } from './follow.ts';

/** What the informer needs of an object. */
export interface Versioned {
  /** Tells it from all others of its kind. */
  readonly key: string;
  /** Differs between any two versions of it. */
  readonly resourceVersion: string;
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

export interface InformerOptions<T extends Versioned> extends Omit<
  FollowOptions<T>,
  'onList' | 'onEvent' | 'onHearing'
> {
  readonly onChange: (change: Change<T>) => void;
  /** Told of every list and watch that failed, each of which comes again by itself, and of every ListenerError. */
  readonly onError: (error: unknown) => void;
}

export class Informer<T extends Versioned> {
  readonly #options: InformerOptions<T>;
  readonly #synced = Promise.withResolvers<undefined>();
  #objects = new Map<string, T>();
  #isSynced = false;
  #isHearing = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
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
  run(signal: AbortSignal): Promise<void> {
    return follow(
      {
        ...this.#options,
        onList: (list) => {
          this.#takeAll(list);
        },
        onEvent: (event) => {
          this.#take(event);
        },
        onHearing: (isHearing) => {
          this.#isHearing = isHearing;
        },
      },
      signal,
    );
  }

  #takeAll({ items }: ObjectList<T>): void {
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
}
