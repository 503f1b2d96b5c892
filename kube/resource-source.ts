/**
 * One kind of object at the API server, as an informer wants it: all of them in pages, then every change. In come the
 * resource and what to keep of an object, out come kept objects; the rest of each is let go at once, so that a cache of
 * ten thousand stays small.
 */
import { ExpiredError, type ObjectList, type ObjectSource, type WatchEvent } from './follow.ts';
import { ApiError, isStatus } from './api-errors.ts';
import type { ApiClient } from './api-client.ts';
import { listAt, numberAt, textAt, valueAt } from '../multigrid/json/fields.ts';

export interface ResourceQuery {
  /** As in `/apis/batch/v1`. */
  readonly api: string;
  /** As in `jobs`. */
  readonly resource: string;
  /** Null: all of them. */
  readonly namespace: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ResourceSourceOptions<T> {
  readonly client: ApiClient;
  readonly query: ResourceQuery;
  /** What to keep of an object; null: it is of no interest. */
  readonly keep: (object: unknown) => T | null;
  /** How long the server keeps a watch open, seconds. @defaultValue 60 to 90 */
  readonly watchSeconds?: number;
  readonly random: () => number;
}

const PAGE = '500';
const SHORTEST_WATCH_SECONDS = 60;
const WATCH_SPREAD_SECONDS = 30;
/** The server ends a watch in time, unless it or the way to it is gone. */
const WATCH_SLACK_MS = 10_000;
const GONE = 410;

export class ResourceSource<T> implements ObjectSource<T> {
  readonly #options: ResourceSourceOptions<T>;
  readonly #path: string;

  constructor(options: ResourceSourceOptions<T>) {
    this.#options = options;
    const { api, resource, namespace } = options.query;
    this.#path = `${api}/${namespace === null ? '' : `namespaces/${namespace}/`}${resource}`;
  }

  async list(signal: AbortSignal): Promise<ObjectList<T>> {
    const items: T[] = [];
    let more: string | null = null;
    for (;;) {
      const page = await this.#page(more, signal);
      for (const object of listAt(page, 'items')) {
        const kept = this.#options.keep(object);
        if (kept !== null) {
          items.push(kept);
        }
      }
      more = textAt(page, 'metadata', 'continue');
      if (more === null || more === '') {
        return { items, resourceVersion: textAt(page, 'metadata', 'resourceVersion') ?? '' };
      }
    }
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<T>> {
    const { client, random, watchSeconds } = this.#options;
    const seconds = watchSeconds ?? Math.round(SHORTEST_WATCH_SECONDS + WATCH_SPREAD_SECONDS * random());
    const query = {
      ...this.#selectors(),
      resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    };
    try {
      for await (const event of client.watch(this.#path, query, seconds * 1000 + WATCH_SLACK_MS, signal)) {
        const told = this.#eventOf(event);
        if (told !== null) {
          yield told;
        }
      }
    } catch (error) {
      throw isStatus(error, GONE) ? new ExpiredError('the version is too old', { cause: error }) : error;
    }
  }

  async #page(more: string | null, signal: AbortSignal): Promise<unknown> {
    const query = { ...this.#selectors(), limit: PAGE, ...(more === null ? {} : { continue: more }) };
    try {
      return await this.#options.client.request({ method: 'GET', path: this.#path, query, signal });
    } catch (error) {
      // The pages before belong to a version that is gone: from the beginning, without a fuss.
      throw isStatus(error, GONE) ? new ExpiredError('the list took too long', { cause: error }) : error;
    }
  }

  #selectors(): Readonly<Record<string, string>> {
    const { labelSelector, fieldSelector } = this.#options.query;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  #eventOf(event: unknown): WatchEvent<T> | null {
    const object = valueAt(event, 'object');
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion');
    const type = textAt(event, 'type');
    if (type === 'ERROR' || resourceVersion === null) {
      throw new ApiError(`WATCH ${this.#path}`, numberAt(object, 'code') ?? 500, object, null);
    }
    if (type === 'BOOKMARK') {
      return { type: 'bookmark', resourceVersion };
    }
    const kept = this.#options.keep(object);
    if (kept === null) {
      return { type: 'bookmark', resourceVersion };
    }
    return { type: type === 'DELETED' ? 'deleted' : 'changed', object: kept, resourceVersion };
  }
}
