/**
 * The end is the end: a job that is Complete or Failed is never started again, workers that are still there go, and the
 * job itself goes when its time to live is over.
 */
import type { Policy } from '../decision.ts';
import { runPolicyOf } from '../job-settings.ts';

export const keepFinished: Policy = ({ job, workers, nowMs }, draft) => {
  if (!draft.isTrue('Complete') && !draft.isTrue('Failed')) {
    return 'next';
  }
  const isLingering = workers.state === 'ended' && workers.isLingering;
  if (workers.state === 'starting' || workers.state === 'running' || isLingering) {
    draft.workers('checkpoint');
  }
  const { timeToLiveMs } = runPolicyOf(job.spec);
  const { completionTime } = draft.status;
  if (timeToLiveMs !== null && completionTime !== undefined) {
    const leftMs = Date.parse(completionTime) + timeToLiveMs - nowMs;
    if (leftMs > 0) {
      draft.lookAgainAfter(leftMs);
    } else {
      draft.deleteJob();
    }
  }
  return 'settled';
};
