/**
 * Jobs as a table, one a line, in the words of the printer columns of `kubectl get mgtj`. In come job objects and the
 * time, out comes text. Pure.
 */
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { formatDuration } from '../../multigrid/progress-summary.ts';
import { type Column, columnsText } from '../display/columns.ts';

const SECOND_MS = 1000;
const NONE = '-';

const NAMESPACE: Column<StoredJob> = {
  head: 'NAMESPACE',
  side: 'left',
  cell: ({ metadata }) => metadata.namespace ?? NONE,
};

function columnsAt(nowMs: number): readonly Column<StoredJob>[] {
  return [
    { head: 'NAME', side: 'left', cell: ({ metadata }) => metadata.name },
    { head: 'STATE', side: 'left', cell: ({ status }) => status?.state ?? 'Pending' },
    { head: 'PHASE', side: 'left', cell: ({ status }) => status?.progress?.summary?.phase ?? NONE },
    { head: 'SHAPE', side: 'left', cell: ({ status }) => status?.progress?.summary?.shape ?? NONE },
    { head: 'EPOCH', side: 'left', cell: ({ status }) => status?.progress?.summary?.epoch ?? NONE },
    { head: 'PROGRESS', side: 'right', cell: ({ status }) => status?.progress?.summary?.progress ?? NONE },
    { head: 'ETA', side: 'left', cell: ({ status }) => status?.progress?.summary?.eta ?? NONE },
    { head: 'METRIC', side: 'left', cell: ({ status }) => status?.progress?.summary?.metric ?? NONE },
    { head: 'READY', side: 'right', cell: readyOf },
    { head: 'RESTARTS', side: 'right', cell: ({ status }) => String(status?.restarts ?? 0) },
    { head: 'AGE', side: 'left', cell: (job) => ageOf(job, nowMs) },
    { head: 'REASON', side: 'left', cell: ({ status }) => status?.reason ?? '' },
  ];
}

/**
 * Head and one line for each job, by namespace and name; every line ended.
 *
 * @param hasNamespaces - with a column for the namespace
 */
export function jobTable(jobs: readonly StoredJob[], hasNamespaces: boolean, nowMs: number): string {
  const columns = columnsAt(nowMs);
  return columnsText(hasNamespaces ? [NAMESPACE, ...columns] : columns, jobs.toSorted(byName));
}

function readyOf({ status }: StoredJob): string {
  const { readyReplicas, replicas } = status ?? {};
  return replicas === undefined ? NONE : `${readyReplicas ?? 0}/${replicas}`;
}

function ageOf({ metadata: { creationTimestamp } }: StoredJob, nowMs: number): string {
  return creationTimestamp === undefined
    ? NONE
    : formatDuration((nowMs - Date.parse(creationTimestamp)) / SECOND_MS);
}

function byName(one: StoredJob, other: StoredJob): number {
  const key = ({ metadata }: StoredJob): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return key(one).localeCompare(key(other));
}
