/**
 * What an API server may answer instead of what was asked for. In comes a response, out comes an error whose message is
 * the server's own, with what was asked and the status; who catches it looks at `status` and `reason`.
 */
import { numberAt, textAt } from '../multigrid/json/fields.ts';

/** The server refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly status: number;
  /** The server's CamelCase reason, as in `AlreadyExists`; empty when it gave none. */
  readonly reason: string;
  /** Seconds that the server wants to be left alone; null: it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(request: string, status: number, body: unknown, retryAfter: string | null) {
    super(`${request}: ${textAt(body, 'message') ?? `HTTP ${status}`}`);
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
  constructor(request: string, cause: unknown) {
    super(`${request}: no answer: ${Error.isError(cause) ? cause.message : String(cause)}`, { cause });
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
