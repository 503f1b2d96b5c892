/**
 * Workers that ended: done, to be started again, or given up. Each end is counted once: it is recorded in
 * `status.lastFailure` under the name of the workers before anything is started again.
 */
import { TRAINER } from '../../../multigrid/contract/timings.ts';
import { TRAINER_CONTAINER } from '../../../multigrid/contract/trainer-pod.ts';
import type { Workers } from '../../platform/platform.ts';
import { delayAfter } from '../../../timing/backoff.ts';
import { shorten } from '../../status/conditions.ts';
import { REASONS } from '../../status/reasons.ts';
import type { DecisionDraft, Policy } from '../decision.ts';
import { currentProgress } from '../observation.ts';
import { countDisruption, countFailure, countUnexplained, type FailureRecord } from './count-ends.ts';
import { judgeEnd, type EndedWorkers } from './end-of-workers.ts';

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
    const count = verdict.isByCluster ? countDisruption : countUnexplained;
    return count(observation, draft, failure, verdict.message);
  }
  if (!verdict.isRetryable) {
    draft.set({ lastFailure: failure });
    return draft.fail(verdict.reason, verdict.message);
  }
  return countFailure(observation, draft, failure, verdict.message);
};

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
  const startMs = earliestStart(draft, nowMs);
  if (startMs > nowMs) {
    const message = `restarts at ${new Date(startMs).toISOString()}`;
    draft.condition('Running', 'False', REASONS.backingOff, message);
    draft.lookAgainAfter(startMs - nowMs);
    return 'settled';
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

/**
 * When the delay after a failure is over, milliseconds since 1970. A failure that is yet to come was noted down before the clock
 * was put back, perhaps by a day: how long ago it was cannot be known, and nothing is waited for.
 */
function earliestStart(draft: DecisionDraft, nowMs: number): number {
  const { lastFailure, retries } = draft.status;
  if (!draft.isTrue('Restarting') || lastFailure?.time === undefined) {
    return 0;
  }
  const failedMs = Date.parse(lastFailure.time);
  return failedMs > nowMs ? 0 : failedMs + delayAfter(retries?.failures ?? 0, RESTART_DELAY);
}

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
