/**
 * Workers that ended: done, to be started again after a growing delay, or given up. Each end is counted once: it is
 * recorded in `status.lastFailure` under the name of the workers before anything is started again.
 */
import { TRAINER } from '../../../multigrid/contract/timings.ts';
import { TRAINER_CONTAINER } from '../../../multigrid/contract/trainer-pod.ts';
import type { LastFailure } from '../../../multigrid/object/job-object.ts';
import type { Workers } from '../../platform/platform.ts';
import { delayAfter } from '../../runtime/backoff.ts';
import { shorten } from '../../status/conditions.ts';
import { REASONS } from '../../status/reasons.ts';
import type { DecisionDraft, Policy } from '../decision.ts';
import { runPolicyOf } from '../job-settings.ts';
import { currentProgress, type Observation } from '../observation.ts';
import { judgeEnd, type EndedWorkers } from './end-of-workers.ts';

/** A failure with nothing left out. */
export type FailureRecord = Required<LastFailure>;

const RESTART_DELAY = { firstMs: TRAINER.firstRestartMs, longestMs: TRAINER.longestRestartMs };

/** Judges workers that have ended and whose end is not recorded yet. */
export const recordEnd: Policy = (observation, draft) => {
  const { workers } = observation;
  if (workers.state !== 'ended' || isRecorded(workers, draft)) {
    return 'next';
  }
  const verdict = judgeEnd(workers, currentProgress(observation));
  if (verdict.kind === 'complete') {
    draft.complete('trained to the end of the plan');
    if (workers.isLingering) {
      draft.workers('checkpoint');
    }
    return 'settled';
  }
  const failure = failureOf(workers, verdict.reason, verdict.message);
  if (verdict.kind === 'disrupted') {
    draft.set({ lastFailure: failure });
    draft.condition('Restarting', 'True', verdict.reason, verdict.message);
    draft.event('Normal', verdict.reason, verdict.message);
    return 'next';
  }
  if (!verdict.isRetryable) {
    draft.set({ lastFailure: failure });
    return draft.fail(verdict.reason, verdict.message);
  }
  return countFailure(observation, draft, failure, verdict.message);
};

/**
 * Counts one failure; the job is given up when there are too many.
 *
 * @param message - the failure without the log
 */
export function countFailure(
  { job }: Observation,
  draft: DecisionDraft,
  failure: FailureRecord,
  message: string,
): 'settled' | 'next' {
  const failures = (draft.status.restarts ?? 0) + 1;
  const { backoffLimit } = runPolicyOf(job.spec);
  draft.set({ lastFailure: failure });
  if (failures > backoffLimit) {
    return draft.fail(
      REASONS.backoffLimitExceeded,
      `failed ${failures} times, backoffLimit is ${backoffLimit}; the last time ${message}`,
    );
  }
  draft.set({ restarts: failures });
  draft.condition('Restarting', 'True', failure.reason, message);
  draft.event('Warning', failure.reason, `${message}; restart ${failures} of ${backoffLimit}`);
  return 'next';
}

/** A trainer that has ended for good is not kept by what others have put beside it. */
export const endLingering: Policy = ({ workers }, draft) => {
  if (workers.state === 'ended' && workers.isLingering) {
    draft.workers('kill');
  }
  return 'next';
};

/**
 * Starts workers where there are none. Where the platform replaces them by itself it says when; where it does not, they
 * are started when the delay after a failure is over.
 */
export const startWorkers: Policy = ({ workers, nowMs, selector }, draft) => {
  if (workers.state !== 'absent' && workers.state !== 'ended') {
    return 'next';
  }
  if (workers.state === 'ended' && workers.next !== null) {
    draft.condition('Running', 'False', workers.next.reason, workers.next.message);
    return 'settled';
  }
  const { lastFailure, restarts = 0 } = draft.status;
  if (draft.isTrue('Restarting') && lastFailure !== undefined) {
    const endedMs = lastFailure.time === undefined ? nowMs : Date.parse(lastFailure.time);
    const startMs = endedMs + delayAfter(restarts, RESTART_DELAY);
    if (startMs > nowMs) {
      const message = `starts again at ${new Date(startMs).toISOString()}`;
      draft.condition('Running', 'False', REASONS.backingOff, message);
      draft.lookAgainAfter(startMs - nowMs);
      return 'settled';
    }
  }
  draft.set({
    startTime: draft.status.startTime ?? new Date(nowMs).toISOString(),
    readyReplicas: 0,
    ...(selector === null ? {} : { selector }),
  });
  draft.condition('Running', 'False', REASONS.starting, 'the workers are being started');
  draft.workers('start');
  return 'settled';
};

export function failureOf(
  workers: Extract<Workers, { readonly state: 'running' | 'ended' }>,
  reason: string,
  message: string,
): FailureRecord {
  const isEnded = workers.state === 'ended';
  return {
    pod: workers.id,
    container: TRAINER_CONTAINER,
    exitCode: isEnded ? workers.exitCode : 0,
    reason,
    message: shorten(isEnded && workers.log !== '' ? `${message}\n${workers.log}` : message),
    time: new Date(isEnded ? workers.endedMs : workers.sinceMs).toISOString(),
  };
}

function isRecorded(workers: EndedWorkers, draft: DecisionDraft): boolean {
  return draft.status.lastFailure?.pod === workers.id;
}
