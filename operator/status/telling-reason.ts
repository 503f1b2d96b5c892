/**
 * Why a job is in its state, in one word: the reason of the condition that tells most. In come the operator's part of a
 * status, out comes the column REASON of `kubectl get`. Pure.
 */
import { findCondition, type Condition, type OperatorStatus } from '../../multigrid/object/job-object.ts';

/** @returns null while there is nothing to tell. */
export function tellingReason({ conditions = [] }: OperatorStatus): string | null {
  for (const type of ['Complete', 'Failed', 'Suspended', 'Stalled', 'Restarting'] as const) {
    const condition = findCondition(conditions, type);
    if (condition?.status === 'True') {
      return condition.reason;
    }
  }
  const planReady = findCondition(conditions, 'PlanReady');
  return planReady?.status === 'False' ? planReady.reason : tellingOfWorkers(conditions);
}

/** Why workers do not run tells more than how many of them were asked for. */
function tellingOfWorkers(conditions: readonly Condition[]): string | null {
  const running = findCondition(conditions, 'Running');
  const ignored = findCondition(conditions, 'ReplicasIgnored');
  const isIgnored = running?.status === 'True' && ignored?.status === 'True';
  return (isIgnored ? ignored : running)?.reason ?? null;
}
