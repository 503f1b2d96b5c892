/**
 * How often a trainer in a cluster says how far it is: as soon as people would see it, and else seldom, for a report rewrites
 * the whole job. In come the job's spec as it is stored, whether its lease can be renewed and what has moved, out come
 * milliseconds between reports of mere movement. Pure.
 */
import { LIFE, REPORTS } from '../../../multigrid/contract/timings.ts';
import type { Progress } from '../../../multigrid/progress.ts';
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

/** Columns that stand still for a while. The others are numbers that are never the same twice. */
const COLUMNS = ['phase', 'shape', 'epoch', 'progress', 'metric', 'batch'] as const;
/** By how much what is shown of such a number may be off: its share of the true one, or so much of its unit. */
const NUMBERS = [
  { name: 'etaSeconds', share: 0.05, least: 30 },
  { name: 'clipsPerSecond', share: 0.1, least: 0 },
  { name: 'learningRate', share: 0.05, least: 0 },
] as const;

/** Whether a person who looks at what was shown would be told something that is not so any more. */
export function isSeen(shown: Seen, now: Seen): boolean {
  return (
    COLUMNS.some((column) => shown.summary?.[column] !== now.summary?.[column]) ||
    NUMBERS.some(
      ({ name, share, least }) => Math.abs(shown[name] - now[name]) > Math.max(least, share * now[name]),
    )
  );
}

type Seen = Pick<Progress, 'summary' | (typeof NUMBERS)[number]['name']>;
