/**
 * A failed job that a person starts again: what stays of its status and what begins anew. In comes the job, out comes
 * the change of the status. The plan, the directive and the progress stay, so it goes on from its newest checkpoint;
 * the failures are forgiven. Called by whoever starts it again.
 */
import type { ConditionType } from '../../multigrid/contract/names.ts';
import type { OperatorStatus, StoredJob } from '../../multigrid/object/job-object.ts';

const FORGIVEN: ReadonlySet<string> = new Set<ConditionType>(['Failed', 'Restarting', 'Stalled', 'Running']);

export function reopened({ status }: Pick<StoredJob, 'status'>): {
  readonly [Key in keyof OperatorStatus]: OperatorStatus[Key] | null;
} {
  return {
    conditions: status?.conditions?.filter(({ type }) => !FORGIVEN.has(type)) ?? [],
    completionTime: null,
    restarts: 0,
    retries: null,
    lastFailure: null,
    state: 'Pending',
  };
}
