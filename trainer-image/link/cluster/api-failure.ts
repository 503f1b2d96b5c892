/**
 * From whatever the client throws to the two errors the link knows: the job is gone, or a request failed and may be made
 * again. Pure; called by `api-server.ts`.
 */
import { ApiException } from '@kubernetes/client-node';
import { ApiRequestError, JobGoneError } from './job-api.ts';

const NOT_FOUND = 404;

/**
 * @param what the request in words, for the message
 * @param job `namespace/name` where a 404 means that the job is gone; left out where it may mean anything
 */
export function requestError(what: string, error: unknown, job?: string): ApiRequestError | JobGoneError {
  const { code, body } = answerOf(error);
  const answer = apiStatusOf(body);
  const options = { cause: error };
  if (job !== undefined && code === NOT_FOUND && answer?.reason === 'NotFound') {
    // A server that does not know the kind answers 404 too, but with no such status object.
    return new JobGoneError(job, 'does not exist any more', options);
  }
  return new ApiRequestError(what, code, answer?.message ?? reasonOf(error), options);
}

interface ApiStatus {
  readonly reason: string;
  readonly message: string;
}

function answerOf(error: unknown): { readonly code: number | null; readonly body: unknown } {
  if (error instanceof ApiException) {
    return { code: error.code, body: error.body };
  }
  // The client's Watch puts the status of the answer on a plain error.
  const code =
    typeof error === 'object' &&
    error !== null &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
      ? error.statusCode
      : null;
  return { code, body: null };
}

/** The `Status` object of an answer, where there is one about an object rather than about the path. */
function apiStatusOf(body: unknown): ApiStatus | null {
  const value = typeof body === 'string' ? parsed(body) : body;
  if (typeof value !== 'object' || value === null || !('message' in value)) {
    return null;
  }
  const reason = 'reason' in value && typeof value.reason === 'string' ? value.reason : '';
  return typeof value.message === 'string' ? { reason, message: value.message } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every proxy on the way answers in JSON.
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (!Error.isError(error)) {
    return String(error);
  }
  // fetch says only that it failed; why is one level down.
  return Error.isError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
}
