/**
 * The counts of workers in the status never outlive the workers: a job that is suspended, refused or over has none. Those
 * of workers that are there are written by the rules that judge them.
 */
import type { Policy } from '../decision.ts';

export const forgetGoneWorkers: Policy = ({ workers }, draft) => {
  const isGone = workers.state === 'absent' || workers.state === 'ended' || workers.state === 'refused';
  const { replicas = 0, readyReplicas = 0 } = draft.status;
  if (isGone && (replicas > 0 || readyReplicas > 0)) {
    draft.set({ replicas: 0, readyReplicas: 0 });
  }
  return 'next';
};
