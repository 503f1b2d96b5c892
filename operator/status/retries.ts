/**
 * How the workers of a job have ended in a row without training having got on. In comes what is on record and what those
 * that ended now said of themselves, out comes what is to be on record: what counts is not what ended them but whether a
 * newer checkpoint has come of it.
 */
import type { JobStatus } from '../../multigrid/api/job.ts';
import type { Progress } from '../../multigrid/progress.ts';

export type Retries = NonNullable<JobStatus['retries']>;

export const NO_RETRIES: Retries = { failures: 0, disruptions: 0, savedIteration: 0 };

/** What became of the work of workers that have ended. */
export interface Work {
  /** They went on from where those before had left off, and left a newer checkpoint. */
  readonly hasGotOn: boolean;
  /** They began before the newest checkpoint on record: it did not outlive the pod that wrote it. */
  readonly isLost: boolean;
  /** Step of the newest checkpoint that there is of them, or that they began with. */
  readonly savedIteration: number;
}

/**
 * A trainer that starts from the beginning again and again may get further by chance, and leaves a checkpoint each time;
 * that is no progress, since it is lost each time. So only those that found the checkpoint on record can get on.
 *
 * @param progress - of the workers that ended; null, or without `resumedFrom`: nobody knows where they began
 */
export function workOf({ savedIteration }: Retries, progress: Progress | null): Work {
  if (progress?.resumedFrom === undefined) {
    return { hasGotOn: false, isLost: false, savedIteration };
  }
  const { resumedFrom, lastCheckpoint } = progress;
  const newest = Math.max(resumedFrom, lastCheckpoint?.iteration ?? 0);
  const isLost = resumedFrom < savedIteration;
  return { hasGotOn: !isLost && newest > savedIteration, isLost, savedIteration: newest };
}

/** After an end that was the trainer's own: after progress it is the first of a new row. */
export function afterFailure(before: Retries, { hasGotOn, savedIteration }: Work): Retries {
  return hasGotOn
    ? { failures: 1, disruptions: 0, savedIteration }
    : { ...before, failures: before.failures + 1, savedIteration };
}

/** After an end by something that nobody in the cluster answers for: a row of its own only without progress. */
export function afterUnexplained(before: Retries, work: Work): Retries {
  return work.hasGotOn ? { ...NO_RETRIES, savedIteration: work.savedIteration } : afterFailure(before, work);
}

/**
 * After an end by the cluster. It counts, with a patience of its own, where the trainer had come to training: one that is
 * never let so far has shown nothing against the job.
 */
export function afterDisruption(before: Retries, work: Work, hadTrained: boolean): Retries {
  const { hasGotOn, savedIteration } = work;
  return hasGotOn
    ? { ...NO_RETRIES, savedIteration }
    : { ...before, disruptions: before.disruptions + (hadTrained ? 1 : 0), savedIteration };
}
