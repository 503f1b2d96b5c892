/**
 * How often a trainer in a cluster says how far it is: as soon as people would see it, but for the numbers that jitter, and
 * else seldom, for a report rewrites the whole job. In come the job's spec as it is stored, whether its lease can be renewed
 * and what has moved, out come milliseconds between reports of mere movement. Pure.
 */
import { LIFE, REPORTS } from '../../../multigrid/contract/timings.ts';
import type { ProgressSummary } from '../../../multigrid/progress.ts';
import { numberAt } from '../../../multigrid/json/fields.ts';

/** So that what is judged by the deadline is known well within it. */
const REPORTS_WITHIN_DEADLINE = 4;

export interface Movement {
  /** False: there is no lease to renew, and reports are the signs of life. */
  readonly isLeaseKept: boolean;
  /** Whether something moved that `kubectl get` shows. */
  readonly isSeen: boolean;
}

export function reportIntervalMs(spec: unknown, { isLeaseKept, isSeen }: Movement): number {
  const deadlineSeconds = numberAt(spec, 'runPolicy', 'progressDeadlineSeconds') ?? Infinity;
  return Math.min(
    isSeen ? REPORTS.intervalMs : REPORTS.calmMs,
    (1000 * deadlineSeconds) / REPORTS_WITHIN_DEADLINE,
    isLeaseKept ? Infinity : LIFE.speakMs,
  );
}

/** Columns that stand still for a while; the time left and the speed never do. */
const COLUMNS = ['phase', 'shape', 'epoch', 'progress', 'metric', 'batch'] as const;

/** Whether a person would see another progress, by the columns that do not jitter. */
export function isSeen(before: ProgressSummary | undefined, after: ProgressSummary | undefined): boolean {
  return COLUMNS.some((column) => before?.[column] !== after?.[column]);
}
