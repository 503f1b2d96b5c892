/**
 * A number of workers that has no effect is said to have none: the plan shares every batch among the workers it was made
 * for, so a job that has its plan keeps their number, whatever `kubectl scale` or an autoscaler writes. Said once, for as
 * long as it is so.
 */
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';

export const reportReplicas: Policy = ({ job }, draft) => {
  const { directive } = draft.status;
  if (directive === undefined) {
    return 'next';
  }
  const { workers } = directive;
  const asked = job.spec.workers.replicas;
  const wasIgnored = draft.isTrue('ReplicasIgnored');
  if (asked !== workers) {
    const message =
      `spec.workers.replicas is ${asked}, but the job keeps ${inWords(workers)}: its plan shares every batch ` +
      `among them. Set replicas back to ${workers}, or give a new job the other number`;
    draft.condition('ReplicasIgnored', 'True', REASONS.workersFixedByPlan, message);
    if (!wasIgnored) {
      draft.event('Warning', REASONS.workersFixedByPlan, message);
    }
  } else if (wasIgnored) {
    const message = `spec.workers.replicas is what the plan was made for: ${inWords(workers)}`;
    draft.condition('ReplicasIgnored', 'False', REASONS.replicasAsPlanned, message);
  }
  return 'next';
};

function inWords(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
