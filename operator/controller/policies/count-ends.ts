/**
 * Counts the ends of workers, each once, and gives the job up when there are too many in a row without progress. In come
 * how they ended and what they last said, out come `lastFailure`, `retries` and `restarts` of the status. Whatever ended
 * them, the cluster apart, counts in the same row: what matters is whether training gets on.
 */
import type { LastFailure } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { REASONS } from '../../status/reasons.ts';
import {
  afterDisruption,
  afterFailure,
  afterUnexplained,
  NO_RETRIES,
  workOf,
  type Retries,
  type Work,
} from '../../status/retries.ts';
import type { DecisionDraft } from '../decision.ts';
import { runPolicyOf } from '../job-settings.ts';
import { currentProgress, type Observation } from '../observation.ts';

/** A failure with nothing left out. */
export type FailureRecord = Required<LastFailure>;

/**
 * In a row, without a newer checkpoint, before a job is given up that the cluster keeps ending while it trains. Far more
 * than a healthy cluster brings about between two checkpoints, and few enough to end what cannot succeed.
 */
const MOST_DISRUPTIONS = 20;

/**
 * Counts one failure of the workers' own.
 *
 * @param message - the failure without the log
 */
export function countFailure(
  observation: Observation,
  draft: DecisionDraft,
  failure: FailureRecord,
  message: string,
): 'settled' | 'next' {
  return countInRow(observation, draft, { failure, message, count: afterFailure });
}

/** Counts an end by a signal that nobody in the cluster answers for: it is none of the trainer's, once training gets on. */
export function countUnexplained(
  observation: Observation,
  draft: DecisionDraft,
  failure: FailureRecord,
  message: string,
): 'settled' | 'next' {
  return countInRow(observation, draft, { failure, message, count: afterUnexplained });
}

/** Counts an end by the cluster, where the trainer had come to training. */
export function countDisruption(
  observation: Observation,
  draft: DecisionDraft,
  failure: FailureRecord,
  message: string,
): 'settled' | 'next' {
  const progress = currentProgress(observation);
  const work = workOf(retriesOf(draft), progress);
  const retries = afterDisruption(retriesOf(draft), work, hadTrained(progress));
  draft.set({ lastFailure: failure, retries });
  if (retries.disruptions > MOST_DISRUPTIONS) {
    const times = `ended by the cluster ${retries.disruptions} times in a row while it trained, without a checkpoint newer than step ${retries.savedIteration}`;
    return draft.fail(
      REASONS.disruptedTooOften,
      `${times}; last: ${message}; ${adviceFor(work, progress)}, a priorityClassName or more stable nodes would help`,
    );
  }
  draft.condition('Restarting', 'True', failure.reason, message);
  draft.event('Normal', failure.reason, message);
  return 'next';
}

interface Counted {
  readonly failure: FailureRecord;
  readonly message: string;
  readonly count: (before: Retries, work: Work) => Retries;
}

function countInRow(
  observation: Observation,
  draft: DecisionDraft,
  { failure, message, count }: Counted,
): 'settled' | 'next' {
  const progress = currentProgress(observation);
  const work = workOf(retriesOf(draft), progress);
  const retries = count(retriesOf(draft), work);
  const { backoffLimit } = runPolicyOf(observation.job.spec);
  draft.set({ lastFailure: failure, retries });
  if (retries.failures > backoffLimit) {
    const inRow = retries.failures > 1 ? ' in a row without progress' : '';
    const advice = work.isLost ? `; ${adviceFor(work, progress)} would help` : '';
    return draft.fail(
      REASONS.backoffLimitExceeded,
      `failed ${retries.failures} times${inRow} (backoffLimit is ${backoffLimit}); last: ${message}${advice}`,
    );
  }
  draft.condition('Restarting', 'True', failure.reason, message);
  if (retries.failures === 0) {
    draft.event('Normal', failure.reason, message);
    return 'next';
  }
  draft.set({ restarts: (draft.status.restarts ?? 0) + 1 });
  draft.event('Warning', failure.reason, `${message}; restart ${retries.failures} of ${backoffLimit}`);
  return 'next';
}

function retriesOf({ status }: DecisionDraft): Retries {
  return status.retries ?? NO_RETRIES;
}

function hadTrained(progress: Progress | null): boolean {
  return progress !== null && progress.state !== 'Preparing';
}

function adviceFor({ isLost }: Work, progress: Progress | null): string {
  return isLost
    ? `a spec.volumes.output that outlives the pod (it started from step ${progress?.resumedFrom ?? 0} although a newer checkpoint had been written)`
    : 'checkpoints more often (checkpoint.everyIterations)';
}
