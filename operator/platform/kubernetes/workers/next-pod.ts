/**
 * When the Job controller makes the next pod of a Job that has none. In come the Job and its pods, out comes a time and the
 * same in words. The operator has no delay of its own in a cluster: this is the one there is, as the Job controller of
 * Kubernetes computes it (pkg/controller/job/backoff_utils.go), so that a status can say what will happen.
 */
import { delayAfter, type BackoffLimits } from '../../../../timing/backoff.ts';
import { REASONS } from '../../../status/reasons.ts';
import { STOPPED } from '../../../../multigrid/contract/exit-codes.ts';
import type { Finding } from '../../platform.ts';
import type { KeptIndexedJob, KeptPod } from '../cache/kept-workers.ts';
import { howEnded, isLive } from './how-ended.ts';

/** After the first failure that a Job counts, and at most. A controller manager that starts anew begins anew: sooner. */
const DELAY: BackoffLimits = { firstMs: 10_000, longestMs: 600_000 };
const SECOND_MS = 1000;

export interface NextPod extends Finding {
  /** When it is made at the latest, milliseconds since 1970 by the cluster's clock. */
  readonly dueMs: number;
}

/**
 * @param pods - of this Job, all of them
 * @returns null when the Job has had none yet
 */
export function nextPodOf(job: Pick<KeptIndexedJob, 'failed'>, pods: readonly KeptPod[]): NextPod | null {
  const ends = pods
    .filter((pod) => !isLive(pod))
    .map((pod) => ({ pod, endedMs: pod.finishedMs ?? howEnded(pod).endedMs }))
    .toSorted((one, other) => one.endedMs - other.endedMs);
  const last = ends.at(-1);
  if (last === undefined) {
    return null;
  }
  const reason = REASONS.backingOff;
  if (!isCounted(last.pod)) {
    return {
      dueMs: last.endedMs,
      reason,
      message: `the Job controller creates the next pod now that ${last.pod.name} has ended`,
    };
  }
  const failures = Math.max(job.failed, ends.filter(({ pod }) => isCounted(pod)).length);
  const delayMs = delayAfter(failures, DELAY);
  const dueMs = last.endedMs + delayMs;
  return {
    dueMs,
    reason,
    message: `the Job controller creates the next pod at ${new Date(dueMs).toISOString()}, ${delayMs / SECOND_MS} s after ${last.pod.name} ended (the delay doubles with each failure, up to ${DELAY.longestMs / SECOND_MS} s)`,
  };
}

/** By the rules that the Job has from us (`podFailurePolicy` in operator/workers/job.ts); those it ignores delay nothing. */
function isCounted({ phase, conditions, trainer }: KeptPod): boolean {
  const isDisrupted = conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  const wasStopped = trainer?.kind === 'terminated' && trainer.exitCode === STOPPED;
  return phase === 'Failed' && !isDisrupted && !wasStopped;
}
