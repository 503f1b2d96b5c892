/**
 * What one look at the world brings back: everything a decision may rest on, and nothing else. Made by observe.ts, read
 * by decide.ts and the policies.
 */
import type { ClipCount, TrainingJob, Workers } from '../platform/platform.ts';
import type { Progress } from '../../multigrid/progress.ts';

export interface Observation {
  readonly job: TrainingJob;
  readonly workers: Workers;
  /** Null while nobody needs it: the job has its plan. */
  readonly clips: ClipCount | null;
  /** Why no job may run here now; null: it may. */
  readonly interruption: string | null;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * The progress of the workers there are (or that have just ended); null when they have not reported yet and what stands
 * in the status was said by workers before them. Both times come from the workers' machine, so no clocks are mixed.
 */
export function currentProgress({ job, workers }: Observation): Progress | null {
  const progress = job.status?.progress;
  if (progress === undefined || workers.state === 'absent') {
    return null;
  }
  return Date.parse(progress.heartbeat) >= workers.sinceMs ? progress : null;
}
