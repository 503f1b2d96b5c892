/**
 * Makes a decision true. The status is written first and once: a directive is on record before anybody acts on it, a
 * failure is counted before anything is started again. Then come the events, which tell only of what has been written and
 * which the next look, that finds it written, would not tell again. Then the workers; the next look makes good whatever
 * is lost there.
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
  for (const event of decision.events) {
    platform.publish(job, event);
  }
  if (decision.workers === 'start') {
    await platform.startWorkers(job);
  } else if (decision.workers !== 'keep') {
    await platform.stopWorkers(job, decision.workers);
  }
}

/** The job as it stands once the decision is written. */
function decided(job: TrainingJob, { status }: Decision): TrainingJob {
  const progress = job.status?.progress;
  return { ...job, status: { ...status, ...(progress === undefined ? {} : { progress }) } };
}
