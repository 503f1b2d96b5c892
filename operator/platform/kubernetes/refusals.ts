/**
 * Workers that the cluster did not want: why, since when, and when to ask again. Kept in memory, since a refusal is an
 * answer to a request and stands on no object; an operator that starts anew asks anew.
 */
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { findCondition } from '../../../multigrid/object/job-object.ts';
import type { Finding, Workers } from '../platform.ts';
import { delayAfter, type BackoffLimits } from '../../../timing/backoff.ts';

type Refused = Extract<Workers, { readonly state: 'refused' }>;

interface Refusal {
  readonly refused: Refused;
  readonly times: number;
  /** Of the job whose workers were refused; another spec may be another matter. */
  readonly generation: number | undefined;
}

const ASK_AGAIN: BackoffLimits = { firstMs: 2000, longestMs: 30_000 };

export class Refusals {
  readonly #now: () => number;
  readonly #byKey = new Map<string, Refusal>();

  /** @param now - the controller's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns null also when the spec has changed since: then they have not been asked for yet. */
  of(key: string, { metadata }: Pick<StoredJob, 'metadata'>): Refused | null {
    const refusal = this.#byKey.get(key);
    return refusal !== undefined && refusal.generation === metadata.generation ? refusal.refused : null;
  }

  add(key: string, job: Pick<StoredJob, 'metadata' | 'status'>, { reason, message }: Finding): void {
    const before = this.#byKey.get(key);
    const times = (before?.times ?? 0) + 1;
    const nowMs = this.#now();
    const refused: Refused = {
      state: 'refused',
      id: job.metadata.name,
      sinceMs: before?.refused.sinceMs ?? notRunningSince(job) ?? nowMs,
      retryAtMs: nowMs + delayAfter(times, ASK_AGAIN),
      reason,
      message,
    };
    this.#byKey.set(key, { refused, times, generation: job.metadata.generation });
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

/** So that the deadline for starting holds over restarts of the operator. */
function notRunningSince({ status }: Pick<StoredJob, 'status'>): number | null {
  const running = findCondition(status?.conditions, 'Running');
  return running?.status === 'False' ? Date.parse(running.lastTransitionTime) : null;
}
