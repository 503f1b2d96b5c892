/**
 * One kind of object in one or several namespaces: an informer for each, asked as one. In come namespaces and what to
 * keep, out comes a cache.
 */
import { Informer, type InformerOptions, type Versioned } from '../../../../kube/informer.ts';
import type { ApiClient } from '../../../../kube/api-client.ts';
import { ResourceSource, type ResourceQuery } from '../../../../kube/resource-source.ts';

export interface GroupOptions<T extends Versioned> extends Pick<
  InformerOptions<T>,
  'onChange' | 'onError' | 'sleep' | 'monotonicNow' | 'random' | 'backoff'
> {
  readonly client: ApiClient;
  /** Null: all of the cluster. */
  readonly namespaces: readonly string[] | null;
  readonly query: Omit<ResourceQuery, 'namespace'>;
  readonly keep: (object: unknown) => T | null;
  readonly watchSeconds?: number;
}

export class InformerGroup<T extends Versioned> {
  readonly #informers: readonly Informer<T>[];

  constructor(options: GroupOptions<T>) {
    const { client, namespaces, query, keep, watchSeconds, random } = options;
    this.#informers = (namespaces ?? [null]).map((namespace) => {
      const limit = watchSeconds === undefined ? {} : { watchSeconds };
      const source = new ResourceSource({ client, query: { ...query, namespace }, keep, random, ...limit });
      return new Informer({ ...options, source });
    });
  }

  get(key: string): T | null {
    for (const informer of this.#informers) {
      const found = informer.get(key);
      if (found !== null) {
        return found;
      }
    }
    return null;
  }

  *values(): Iterable<T> {
    for (const informer of this.#informers) {
      yield* informer.values();
    }
  }

  get isSynced(): boolean {
    return this.#informers.every(({ isSynced }) => isSynced);
  }

  get isHearing(): boolean {
    return this.#informers.every(({ isHearing }) => isHearing);
  }

  async synced(): Promise<void> {
    await Promise.all(this.#informers.map(({ synced }) => synced));
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.run(signal)));
  }
}
