/**
 * Looks at the world around a job, once, and brings back all that a decision may rest on. Asks only for what the job's
 * present state makes of interest.
 */
import type { Platform, TrainingJob } from '../platform/platform.ts';
import type { DeadlineClock } from './deadline-clock.ts';
import { awaitedOf, type Observation } from './observation.ts';

export interface Clocks {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly deadlines: DeadlineClock;
}

/** @param key - the job's name on the platform */
export async function observe(
  key: string,
  job: TrainingJob,
  platform: Platform,
  { now, deadlines }: Clocks,
): Promise<Observation> {
  const seen = {
    job,
    workers: await platform.observeWorkers(job),
    endedPods: platform.endedPods(job),
    damage: platform.damageTo(job),
    clips: job.status?.plan === undefined ? await platform.countClips(job) : null,
    reportedMs: platform.reportedAt(job),
  };
  const look = { nowMs: now(), isHearing: platform.isHearing() };
  return {
    ...seen,
    selector: platform.selectorOf(job),
    interruption: platform.interruption(),
    nowMs: look.nowMs,
    leftMs: deadlines.left(key, awaitedOf(seen), look),
    ...platform.silenceOf(job),
  };
}
