/**
 * The end is the end: a job that is Complete or Failed is never started again, and workers that are still there go.
 */
import type { Policy } from '../decision.ts';

export const keepFinished: Policy = ({ workers }, draft) => {
  if (!draft.isTrue('Complete') && !draft.isTrue('Failed')) {
    return 'next';
  }
  if (workers.state === 'starting' || workers.state === 'running') {
    draft.workers('checkpoint');
  }
  return 'settled';
};
