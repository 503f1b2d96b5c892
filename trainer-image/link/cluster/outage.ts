/**
 * Says that the API server is away, without saying it a thousand times: the first failure, another kind of failure, a line a
 * minute while it lasts, and the end. In come failures and successes, out go lines of the log, with what helps.
 */
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { ApiError } from '../../../kube/api-errors.ts';
import { CRD_NAME } from '../../../multigrid/contract/names.ts';

const REMINDER_MS = 60_000;
/** Kinds of failure that are told apart in one outage; some servers give every failure a number of its own. */
const MOST_KINDS = 10;

export interface OutageLogger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export class Outage {
  readonly #logger: OutageLogger;
  readonly #monotonicNow: () => number;
  #current: { readonly sinceMs: number; readonly said: Set<string>; saidAtMs: number } | null = null;
  #failures = 0;

  constructor(logger: OutageLogger, monotonicNow: () => number) {
    this.#logger = logger;
    this.#monotonicNow = monotonicNow;
  }

  failed(error: unknown): void {
    const message = `${messageOf(error)}${adviceFor(error)}`;
    const nowMs = this.#monotonicNow();
    this.#failures += 1;
    this.#current ??= { sinceMs: nowMs, said: new Set(), saidAtMs: Number.NEGATIVE_INFINITY };
    const { sinceMs, said, saidAtMs } = this.#current;
    const isKnown = said.has(message) || said.size >= MOST_KINDS;
    if (isKnown && nowMs - saidAtMs < REMINDER_MS) {
      return;
    }
    said.add(message);
    this.#current.saidAtMs = nowMs;
    this.#logger.warn('the job object cannot be reached; training continues', {
      error: message,
      status: error instanceof ApiError ? error.status : undefined,
      seconds: Math.round((nowMs - sinceMs) / 1000),
      failures: this.#failures,
    });
  }

  worked(): void {
    if (this.#current !== null) {
      const seconds = Math.round((this.#monotonicNow() - this.#current.sinceMs) / 1000);
      this.#logger.info('the job object is reachable again', { seconds, failures: this.#failures });
    }
    this.#current = null;
    this.#failures = 0;
  }
}

/** By HTTP status. */
const ADVICE: Readonly<Record<number, string>> = {
  401: "; the pod's service account token was not accepted, it is read again every minute",
  403: '; the Role and RoleBinding that carry the name of the job must allow get and watch of the job, get of its ControllerRevision, patch of its status and of its lease',
  404: `; is the CustomResourceDefinition ${CRD_NAME} installed?`,
  422: '; operator, trainer and CustomResourceDefinition may be of different versions',
};

function adviceFor(error: unknown): string {
  return error instanceof ApiError ? (ADVICE[error.status] ?? '') : '';
}
