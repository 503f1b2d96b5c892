/**
 * Looks at the world around a job, once, and brings back all that a decision may rest on. Asks only for what the job's
 * present state makes of interest.
 */
import type { Platform, TrainingJob } from '../platform/platform.ts';
import type { Observation } from './observation.ts';

export async function observe(job: TrainingJob, platform: Platform, now: () => number): Promise<Observation> {
  const workers = await platform.observeWorkers(job);
  const clips = job.status?.plan === undefined ? await platform.countClips(job) : null;
  return { job, workers, clips, interruption: platform.interruption(), nowMs: now() };
}
