/** What one look at the world brings back: everything a decision may rest on, and nothing else. */
import { LIFE } from '../../multigrid/contract/timings.ts';
import type { Silence } from '../runtime/silence-watch.ts';
import type { ClipCount, Damage, TrainingJob, Workers } from '../platform/platform.ts';
import type { EndedPod } from '../../multigrid/object/job-object.ts';
import type { Progress, TrainerState } from '../../multigrid/progress.ts';
import { hasSeveralWorkers } from '../status/world-size.ts';
import type { Awaited } from './deadline-clock.ts';
import { runPolicyOf } from './job-settings.ts';

export interface Observation extends Silence {
  readonly job: TrainingJob;
  readonly workers: Workers;
  /** Newest pods of the first worker that have ended beyond doubt, oldest first. */
  readonly endedPods: readonly EndedPod[];
  /** What somebody has done to the objects that the workers need. */
  readonly damage: Damage | null;
  /** Null while nobody needs it: the job has its plan. */
  readonly clips: ClipCount | null;
  /** When the newest report of progress arrived, by the controller's clock; null: there is none. */
  readonly reportedMs: number | null;
  /** Label selector of the workers; null where workers have no labels. */
  readonly selector: string | null;
  /** Why no job may run here now; null: it may. */
  readonly interruption: string | null;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /**
   * What is left of the time for what is awaited of the workers, milliseconds; none or less: it is over; null: nothing is
   * awaited.
   */
  readonly leftMs: number | null;
}

const LAST_WORDS: ReadonlySet<TrainerState> = new Set(['Finished', 'Stopped', 'Failed']);

/**
 * The progress of the workers there are (or that have just ended); null when they have not reported yet and what stands
 * in the status was said by workers before or after them. All times come from the workers' machine, so no clocks are
 * mixed, but for workers whose end nobody saw. What is trained to the end is so whoever said it: nobody trains after that.
 */
export function currentProgress({ job, workers }: Pick<Observation, 'job' | 'workers'>): Progress | null {
  const progress = job.status?.progress;
  if (progress === undefined || (workers.state !== 'running' && workers.state !== 'ended')) {
    return null;
  }
  if (workers.state === 'ended' && progress.state === 'Finished') {
    return progress;
  }
  const heartbeatMs = Date.parse(progress.heartbeat);
  const untilMs = workers.state === 'ended' ? workers.endedMs + LIFE.lastWordsMs : Number.POSITIVE_INFINITY;
  return heartbeatMs >= workers.sinceMs && heartbeatMs <= untilMs ? progress : null;
}

/** What the workers have a deadline for now: to train, and once they do, to get on. */
export function awaitedOf(seen: Pick<Observation, 'job' | 'workers' | 'reportedMs'>): Awaited | null {
  const { job, workers, reportedMs } = seen;
  const { preRunningDeadlineMs, progressDeadlineMs } = runPolicyOf(job.spec);
  if (workers.state === 'absent' || workers.state === 'ended') {
    return null;
  }
  const progress = currentProgress(seen);
  if (progress !== null && progress.state !== 'Preparing') {
    const { heartbeat, progressedAt = heartbeat } = progress;
    const sinceMs = progressedMs({ heartbeat, progressedAt }, reportedMs);
    return { what: `progress after ${progressedAt}`, sinceMs, deadlineMs: progressDeadlineMs };
  }
  if (progress?.progressedAt !== undefined && hasSeveralWorkers(job)) {
    // Ranks of several workers start again in pods that stay, and that may have been asked for long ago.
    const { heartbeat, progressedAt } = progress;
    const sinceMs = progressedMs({ heartbeat, progressedAt }, reportedMs);
    return { what: `training after ${progressedAt}`, sinceMs, deadlineMs: preRunningDeadlineMs };
  }
  if (workers.state === 'starting' && workers.isHeld) {
    return null;
  }
  const sinceMs = workers.state === 'running' ? workers.askedMs : workers.sinceMs;
  return { what: `training of those asked for at ${sinceMs}`, sinceMs, deadlineMs: preRunningDeadlineMs };
}

/**
 * When it was that a trainer got on, by the controller's clock: how long before the report is of the trainer's clock at both
 * ends, when that arrived is of the controller's.
 */
function progressedMs(
  { heartbeat, progressedAt }: Required<Pick<Progress, 'heartbeat' | 'progressedAt'>>,
  reportedMs: number | null,
): number {
  return (reportedMs ?? Date.parse(heartbeat)) - (Date.parse(heartbeat) - Date.parse(progressedAt));
}

/** Whether nothing was heard for too long of a trainer that says again and again that it is there; older ones do not. */
export function isSilent(seen: Observation): boolean {
  const progress = currentProgress(seen);
  const isListenedTo =
    seen.workers.state === 'running' &&
    progress?.progressedAt !== undefined &&
    !LAST_WORDS.has(progress.state);
  return isListenedTo && seen.unheardMs !== null && seen.unheardMs >= seen.allowedSilenceMs;
}
