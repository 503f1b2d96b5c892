/**
 * A number of workers that has no effect is said to have none: the directives share every batch among the workers that
 * training began with, so a job keeps their number, whatever `kubectl scale` or an autoscaler writes. Said once, for as
 * long as it is so.
 */
import { REASONS } from '../../status/reasons.ts';
import { podsOf } from '../../status/world-size.ts';
import type { Policy } from '../decision.ts';

export const reportReplicas: Policy = ({ job }, draft) => {
  const { directive } = draft.status;
  if (directive === undefined) {
    return 'next';
  }
  const { replicas: asked } = job.spec.workers;
  const workers = podsOf({ ...job, status: draft.status });
  const wasIgnored = draft.isTrue('ReplicasIgnored');
  if (asked !== workers) {
    const message =
      `spec.workers.replicas is ${asked}, but the job keeps ${inWords(workers)}, with which its training began. ` +
      `Set replicas back to ${workers}, or give a new job the other number`;
    draft.condition('ReplicasIgnored', 'True', REASONS.workersFixedByPlan, message);
    if (!wasIgnored) {
      draft.event('Warning', REASONS.workersFixedByPlan, message);
    }
  } else if (wasIgnored) {
    const message = `spec.workers.replicas is what the training began with: ${inWords(workers)}`;
    draft.condition('ReplicasIgnored', 'False', REASONS.replicasAsPlanned, message);
  }
  return 'next';
};

function inWords(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
