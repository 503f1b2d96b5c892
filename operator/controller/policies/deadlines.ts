/**
 * The three clocks of a job that has workers: to have started, to show progress, to be done. Each either stops the job
 * with a reason or says when to look again. The first two are kept by deadline-clock.ts, which leaves out sleep.
 */
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';
import { runPolicyOf } from '../job-settings.ts';
import { currentProgress } from '../observation.ts';
import { countFailure } from './count-ends.ts';
import { failureOf } from './restart.ts';

/** `preRunningDeadlineSeconds`: from asking for the workers to the first step. */
export const enforcePreRunningDeadline: Policy = (observation, draft) => {
  const { workers, leftMs, job } = observation;
  const progress = currentProgress(observation);
  const isTraining = progress !== null && progress.state !== 'Preparing';
  if (isTraining || leftMs === null || workers.state === 'absent' || workers.state === 'ended') {
    return 'next';
  }
  const { preRunningDeadlineMs } = runPolicyOf(job.spec);
  if (leftMs > 0) {
    draft.lookAgainAfter(leftMs);
    return 'next';
  }
  const reason = workers.state === 'running' ? progress?.trouble : workers;
  const why = reason === undefined ? '' : `: ${reason.reason}: ${reason.message}`;
  return draft.fail(
    REASONS.preRunningDeadlineExceeded,
    `no training step within preRunningDeadlineSeconds (${preRunningDeadlineMs / 1000} s)${why}`,
    'kill',
  );
};

/** `progressDeadlineSeconds`: from one step, or evaluated batch, to the next. A trainer that hangs is ended and started again. */
export const enforceProgressDeadline: Policy = (observation, draft) => {
  const { workers, nowMs, leftMs, job } = observation;
  if (workers.state !== 'running') {
    return 'next';
  }
  if (draft.status.lastFailure?.pod === workers.id) {
    // Recorded as hanging and told to end; it has not ended yet.
    draft.workers('kill');
    return 'settled';
  }
  const progress = currentProgress(observation);
  if (progress === null || leftMs === null || progress.state === 'Preparing') {
    return 'next';
  }
  const { progressDeadlineMs } = runPolicyOf(job.spec);
  if (leftMs > 0) {
    if (draft.isTrue('Stalled') && draft.reasonOf('Stalled') === REASONS.progressDeadlineExceeded) {
      draft.condition('Stalled', 'False', REASONS.progressing, 'training continues');
    }
    draft.lookAgainAfter(leftMs);
    return 'next';
  }
  const message = `no progress for progressDeadlineSeconds (${progressDeadlineMs / 1000} s), last seen ${progress.state} at iteration ${progress.iteration}`;
  const failure = {
    ...failureOf(workers, REASONS.progressDeadlineExceeded, message),
    time: new Date(nowMs).toISOString(),
  };
  draft.condition('Stalled', 'True', REASONS.progressDeadlineExceeded, message);
  draft.condition('Running', 'False', REASONS.progressDeadlineExceeded, message);
  if (countFailure(observation, draft, failure, message) === 'next') {
    draft.workers('kill');
  }
  return 'settled';
};

/** `activeDeadlineSeconds`: running time over all attempts, pauses left out. */
export const enforceActiveDeadline: Policy = ({ job, workers }, draft) => {
  const { activeDeadlineMs } = runPolicyOf(job.spec);
  if (activeDeadlineMs === null || workers.state !== 'running') {
    return 'next';
  }
  const leftMs = activeDeadlineMs - draft.activeSeconds() * 1000;
  if (leftMs > 0) {
    draft.lookAgainAfter(leftMs);
    return 'next';
  }
  return draft.fail(
    REASONS.deadlineExceeded,
    `ran longer than activeDeadlineSeconds (${activeDeadlineMs / 1000} s); its newest checkpoint is kept`,
  );
};
