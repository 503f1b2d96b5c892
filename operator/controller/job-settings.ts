/**
 * The few fields of the spec that the controller itself acts on, in its own units. In comes a filled spec, out come
 * settings; the rest of the spec is the plan's and the trainer's business.
 */
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { worldSizeOf } from '../status/world-size.ts';

export interface RunPolicy {
  /** Failures after which the job is given up. */
  readonly backoffLimit: number;
  readonly preRunningDeadlineMs: number;
  /** Null: no limit. */
  readonly activeDeadlineMs: number | null;
  readonly progressDeadlineMs: number;
  /** Null: a finished job stays. */
  readonly timeToLiveMs: number | null;
}

const SECOND_MS = 1000;

export function runPolicyOf({ runPolicy }: FilledSpec): RunPolicy {
  const { activeDeadlineSeconds, ttlSecondsAfterFinished } = runPolicy;
  return {
    backoffLimit: runPolicy.backoffLimit,
    preRunningDeadlineMs: runPolicy.preRunningDeadlineSeconds * SECOND_MS,
    activeDeadlineMs: activeDeadlineSeconds === null ? null : activeDeadlineSeconds * SECOND_MS,
    progressDeadlineMs: runPolicy.progressDeadlineSeconds * SECOND_MS,
    timeToLiveMs: ttlSecondsAfterFinished === null ? null : ttlSecondsAfterFinished * SECOND_MS,
  };
}

/** What every directive of a job carries beside its phase. */
export function directiveSettings(job: TrainingJob): {
  readonly workers: number;
  readonly microBatch: number;
} {
  return { workers: worldSizeOf(job), microBatch: job.spec.workers.microBatch };
}
