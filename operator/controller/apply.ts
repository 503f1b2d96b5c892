/**
 * Makes a decision true. The status is written first and once: a directive is on record before anybody acts on it, a
 * failure is counted before anything is started again. Then the workers, then the events, which tell only of what has
 * been written. Whatever is lost on the way is made good by the next look.
 */
import { isDeepStrictEqual } from 'node:util';
import { operatorStatusOf } from '../../multigrid/object/job-object.ts';
import type { Platform, TrainingJob } from '../platform/platform.ts';
import type { Decision } from './decision.ts';
import type { Observation } from './observation.ts';

export async function apply(
  { job: seen }: Observation,
  decision: Decision,
  platform: Platform,
): Promise<void> {
  if (decision.isToBeDeleted) {
    await platform.deleteJob(seen);
    return;
  }
  if (!isDeepStrictEqual(operatorStatusOf(seen), decision.status)) {
    await platform.writeStatus(seen, decision.status);
  }
  const job = decided(seen, decision);
  if (decision.workers === 'start') {
    await platform.startWorkers(job);
  } else if (decision.workers !== 'keep') {
    await platform.stopWorkers(job, decision.workers);
  }
  for (const event of decision.events) {
    await platform.publish(job, event);
  }
}

/** The job as it stands once the decision is written. */
function decided(job: TrainingJob, { status }: Decision): TrainingJob {
  const progress = job.status?.progress;
  return { ...job, status: { ...status, ...(progress === undefined ? {} : { progress }) } };
}
