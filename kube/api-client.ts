/**
 * Requests to the API server: JSON in, JSON out. What is safe to repeat is repeated while the server is overloaded,
 * restarting or out of reach, after the time it asks for; what it refuses becomes an ApiError. Every request has an end.
 * In come paths and objects, out come objects that nobody has checked yet.
 */
import { request as send, type Dispatcher } from 'undici';
import { delayAfter, type BackoffLimits } from '../timing/backoff.ts';
import { timeoutSignal } from '../timing/timers.ts';
import { ApiError, ApiUnreachableError } from './api-errors.ts';
import { ServerClock } from './server-clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { readLines } from './read-lines.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  readonly method: Method;
  /** From the root of the server, as in `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** @defaultValue application/json */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Tries in all; 1 where a repetition would do harm. @defaultValue the client's */
  readonly tries?: number;
}

/** Told of every answer, and of every request that got none. */
export interface RequestObserver {
  request(method: string, code: number | 'error', seconds: number): void;
}

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly observer?: RequestObserver;
  /** Name and version of the caller, for the server's log. */
  readonly userAgent: string;
  /** Time for one try, milliseconds. @defaultValue 20 s */
  readonly timeoutMs?: number;
  /** Tries in all, of requests that do not say how many. @defaultValue 5 */
  readonly tries?: number;
  /** Called before everything that changes the cluster; what it throws ends the request. */
  readonly beforeWrite?: () => void;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_TRIES = 5;
const RETRY_DELAY: BackoffLimits = { firstMs: 200, longestMs: 5000 };
/** A server that asks for more is not waited for here; the caller's own backoff is. */
const LONGEST_RETRY_AFTER_MS = 10_000;
const UNAUTHORIZED = 401;
const SECOND_MS = 1000;

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #clock: ServerClock;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.#clock = new ServerClock(options.now);
  }

  /** Milliseconds since 1970 by the server's clock, which wrote the times in its objects. */
  readonly serverNow = (): number => this.#clock.now();

  /**
   * @throws ApiError when the server refuses; ApiUnreachableError when no answer came to any try.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const tries = request.tries ?? this.#options.tries ?? DEFAULT_TRIES;
    const signal = request.signal ?? NEVER;
    for (let failures = 1; ; failures += 1) {
      if (request.method !== 'GET') {
        this.#options.beforeWrite?.();
      }
      try {
        return await this.#try(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        const delayMs = this.#delayBefore(error, failures);
        if (failures >= tries || delayMs === null) {
          throw error;
        }
        await this.#options.sleep(delayMs, signal);
      }
    }
  }

  /**
   * The events of a watch, one JSON value each, until the server or the signal ends it.
   *
   * @param query - of the watch, its timeoutSeconds among them
   * @param quietMs - without a word for so long, the connection counts as dead
   */
  async *watch(
    path: string,
    query: Readonly<Record<string, string>>,
    quietMs: number,
    signal: AbortSignal,
  ): AsyncIterable<unknown> {
    const answer = this.#stream('WATCH', { path, query: { ...query, watch: 'true' }, quietMs }, signal);
    for await (const line of readLines(answer)) {
      yield parseEvent(path, line);
    }
  }

  /**
   * An answer that comes bit by bit, for as long as the server has something to say; it may be silent for long.
   *
   * @throws ApiError when the server refuses; ApiUnreachableError when no answer begins, or the connection breaks.
   */
  stream(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return this.#stream('GET', { path, query, quietMs: 0 }, signal);
  }

  async *#stream(
    verb: 'GET' | 'WATCH',
    { path, query, quietMs }: { path: string; query: Readonly<Record<string, string>>; quietMs: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const startedMs = this.#options.now();
    const name = `${verb} ${path}`;
    try {
      const answer = await this.#send(
        { method: 'GET', path, query },
        { signal, headersTimeout: this.#timeoutMs, bodyTimeout: quietMs },
      );
      this.#observe(verb, answer.statusCode, startedMs);
      if (answer.statusCode !== 200) {
        throw this.#refusal(name, answer, await answer.body.text());
      }
      for await (const chunk of answer.body) {
        yield chunk;
      }
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiUnreachableError(name, error, this.server);
    }
  }

  /** `https://host:port`. */
  get server(): string {
    return this.#options.access.server;
  }

  /** Cuts all connections. */
  close(): Promise<void> {
    return this.#options.access.close();
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  async #try(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const { method, path } = request;
    const name = `${method} ${path}`;
    const startedMs = this.#options.now();
    try {
      const limited = AbortSignal.any([signal, timeoutSignal(this.#timeoutMs)]);
      const answer = await this.#send(request, { signal: limited });
      const text = await answer.body.text();
      this.#observe(method, answer.statusCode, startedMs);
      this.#clock.learn(headerOf(answer, 'date'), startedMs);
      if (answer.statusCode >= 400) {
        throw this.#refusal(name, answer, text);
      }
      return parse(text);
    } catch (error) {
      if (error instanceof ApiError) {
        throw error;
      }
      this.#observe(method, 'error', startedMs);
      throw new ApiUnreachableError(name, error, this.server);
    }
  }

  async #send(
    { method, path, query, body, contentType }: ApiRequest,
    options: Pick<Dispatcher.RequestOptions, 'signal' | 'headersTimeout' | 'bodyTimeout'>,
  ): Promise<Dispatcher.ResponseData> {
    const { access, userAgent } = this.#options;
    const { headers, dispatcher } = await access.current();
    const url = new URL(access.server + path);
    for (const [key, value] of Object.entries(query ?? {})) {
      url.searchParams.set(key, value);
    }
    return send(url, {
      ...options,
      method,
      dispatcher,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  #refusal(name: string, answer: Dispatcher.ResponseData, text: string): ApiError {
    if (answer.statusCode === UNAUTHORIZED) {
      this.#options.access.forget();
    }
    return new ApiError(name, answer.statusCode, parse(text), headerOf(answer, 'retry-after'));
  }

  /** Milliseconds to wait before the next try; null: another try is of no use. */
  #delayBefore(error: unknown, failures: number): number | null {
    const backoffMs = delayAfter(failures, RETRY_DELAY) * (1 + this.#options.random() / 4);
    if (error instanceof ApiUnreachableError) {
      return backoffMs;
    }
    if (!(error instanceof ApiError) || !(error.isTransient || error.status === UNAUTHORIZED)) {
      return null;
    }
    const askedMs = (error.retryAfterSeconds ?? 0) * SECOND_MS;
    return askedMs > LONGEST_RETRY_AFTER_MS ? null : Math.max(askedMs, backoffMs);
  }

  #observe(method: string, code: number | 'error', startedMs: number): void {
    this.#options.observer?.request(method, code, Math.max(0, this.#options.now() - startedMs) / SECOND_MS);
  }
}

const NEVER = new AbortController().signal;

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function parseEvent(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ApiUnreachableError(`WATCH ${path}`, error);
  }
}

/** Proxies and crashed servers answer in prose; then the status has to say it all. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 500) };
  }
}
