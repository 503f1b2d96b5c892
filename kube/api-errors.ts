/**
 * What an API server may answer instead of what was asked for. In comes a response, out comes an error whose message is
 * the server's own, with what was asked and the status; who catches it looks at `status` and `reason`.
 */
import { messageOf } from '../multigrid/errors/message-of.ts';
import { numberAt, textAt } from '../multigrid/json/fields.ts';

/** The server refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** In the server's words. */
  readonly answer: string;
  /** HTTP status. */
  readonly status: number;
  /** The server's CamelCase reason, as in `AlreadyExists`; empty when it gave none. */
  readonly reason: string;
  /** Seconds that the server wants to be left alone; null: it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(request: string, status: number, body: unknown, retryAfter: string | null) {
    const answer = textAt(body, 'message') ?? `HTTP ${status}`;
    super(`${request}: ${answer}`);
    this.answer = answer;
    this.status = status;
    this.reason = textAt(body, 'reason') ?? '';
    this.retryAfterSeconds = secondsOf(retryAfter) ?? numberAt(body, 'details', 'retryAfterSeconds');
  }

  /** Whether the same request may succeed a little later. */
  get isTransient(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer came: the connection broke, or the time was up. Whether the request was done nobody knows. */
export class ApiUnreachableError extends Error {
  override readonly name = 'ApiUnreachableError';
  /** Why there was no answer. */
  readonly why: string;
  /** `https://host:port`; empty where nobody said it. */
  readonly server: string;

  constructor(request: string, cause: unknown, server = '') {
    const why = whyNot(cause);
    super(`${request}: no answer: ${why}`, { cause });
    this.why = why;
    this.server = server;
  }
}

/** No kubeconfig, or none that says which cluster is meant. */
export class NoClusterError extends Error {
  override readonly name = 'NoClusterError';
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/** A host with several addresses fails with a list of errors and an empty message. */
function whyNot(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : undefined;
  const said = Error.isError(first) ? first : cause;
  return messageOf(said);
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
