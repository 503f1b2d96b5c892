/**
 * The calls of the command line to an API server: JSON in and out, or a stream of lines. In comes a connection, out
 * come answers as unknown JSON, or one of this room's errors. Used by jobs.ts, logs.ts and the doctor.
 */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { callAfter } from '../../timing/timers.ts';
import {
  ApiRefusedError,
  ApiUnreachableError,
  ClusterError,
  ForbiddenError,
  UnauthorizedError,
  UnsoundAnswerError,
} from './cluster-errors.ts';
import { textAt } from '../../multigrid/json/fields.ts';
import type { Connection } from './kubeconfig.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly query?: Query;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}

/** A server that has not begun to answer by then counts as away. */
const ANSWER_TIMEOUT_MS = 10_000;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

export class ApiClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get server(): string {
    return this.#connection.server;
  }

  /** The namespace of the kubeconfig's context. */
  get namespace(): string {
    return this.#connection.namespace;
  }

  /** @throws ApiUnreachableError or ApiRefusedError */
  async get(path: string, query: Query = {}, signal?: AbortSignal): Promise<unknown> {
    return parse(path, await text(await this.#send(path, { query, signal })));
  }

  /** @throws ApiUnreachableError or ApiRefusedError */
  async post(path: string, body: object, signal?: AbortSignal): Promise<unknown> {
    return parse(path, await text(await this.#send(path, { method: 'POST', body, signal })));
  }

  /**
   * An answer that comes bit by bit, for as long as the server has something to say.
   *
   * @throws ApiUnreachableError or ApiRefusedError before the answer begins; an answer that is cut rejects the reader.
   */
  stream(
    path: string,
    query: Query,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string> & { destroy(): void }> {
    return this.#send(path, { query, signal }).then((answer) => answer.setEncoding('utf8'));
  }

  async #send(path: string, { method = 'GET', query = {}, body, signal }: Call): Promise<IncomingMessage> {
    const url = new URL(`${this.server}${path}`);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) {
        url.searchParams.set(key, String(value));
      }
    }
    const options = await this.#connection.authenticate();
    const payload = body === undefined ? null : JSON.stringify(body);
    const headers = {
      ...givenHeaders(options),
      accept: 'application/json',
      ...(payload === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    };
    const answered = Promise.withResolvers<IncomingMessage>();
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, { ...options, method, headers, ...(signal === undefined ? {} : { signal }) });
    const takeBack = callAfter(ANSWER_TIMEOUT_MS, () => {
      request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`));
    });
    request.once('response', answered.resolve);
    request.once('error', answered.reject);
    request.end(payload ?? undefined);
    try {
      const answer = await answered.promise;
      return await this.#accepted(answer);
    } catch (error) {
      throw this.#explained(error, signal);
    } finally {
      takeBack();
    }
  }

  async #accepted(answer: IncomingMessage): Promise<IncomingMessage> {
    const code = answer.statusCode ?? 0;
    if (code >= 200 && code < 300) {
      return answer;
    }
    const said = await text(answer);
    const message = messageIn(said) ?? `HTTP ${code}`;
    if (code === 401) {
      throw new UnauthorizedError(this.server);
    }
    if (code >= SERVER_ERROR || code === TOO_MANY_REQUESTS) {
      throw new ApiUnreachableError(this.server, message);
    }
    throw code === 403 ? new ForbiddenError(message) : new ApiRefusedError(code, message);
  }

  #explained(error: unknown, signal: AbortSignal | undefined): unknown {
    if (error instanceof ClusterError || signal?.aborted === true) {
      return error;
    }
    const reason = Error.isError(error) ? error.message : String(error);
    // A host with several addresses fails with a list of errors and an empty message.
    const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
    return new ApiUnreachableError(this.server, Error.isError(first) ? first.message : reason, {
      cause: error,
    });
  }
}

function parse(path: string, said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    throw new UnsoundAnswerError(path, 'is no JSON: is this a Kubernetes API server?');
  }
}

/** What a `Status` object says; null when the answer is none. */
function messageIn(said: string): string | null {
  try {
    return textAt(JSON.parse(said), 'message');
  } catch {
    return said.trim() === '' ? null : said.trim().slice(0, 200);
  }
}

/** Headers may be a flat list too, which the Kubernetes client does not make. */
function givenHeaders({ headers }: RequestOptions): OutgoingHttpHeaders {
  return headers === undefined || 'length' in headers ? {} : { ...headers };
}
