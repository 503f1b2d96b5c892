/**
 * Looks at the world around a job, once, and brings back all that a decision may rest on. Asks only for what the job's
 * present state makes of interest.
 */
import type { Platform, TrainingJob } from '../platform/platform.ts';
import type { Observation } from './observation.ts';

export async function observe(job: TrainingJob, platform: Platform, now: () => number): Promise<Observation> {
  return {
    job,
    workers: await platform.observeWorkers(job),
    clips: job.status?.plan === undefined ? await platform.countClips(job) : null,
    reportedMs: platform.reportedAt(job),
    selector: platform.selectorOf(job),
    interruption: platform.interruption(),
    nowMs: now(),
  };
}
