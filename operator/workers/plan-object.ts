/**
 * The plan as an object beside its job. In comes a job with its plan, out comes a ControllerRevision: the API server lets
 * nobody change the data of one, shows it as it is, and gives a right to this kind that is a right to nothing of other people.
 * It cannot be too long: the API limits a job to 64 phases and 10 000 epochs, which is a fifth of what an object may hold.
 */
import { canonicalJson } from '../../multigrid/plan/canonical-json.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { childOf, type Child } from './child.ts';

/** None, as long as the job has no plan. */
export function planObjectsOf(job: TrainingJob): readonly Child[] {
  const plan = job.status?.plan;
  if (plan === undefined) {
    return [];
  }
  // Keys in order: the server sorts them at the next apply, and refuses data that is the same in other bytes.
  const data: unknown = JSON.parse(canonicalJson(plan));
  return [{ ...childOf(job, 'apps/v1', 'ControllerRevision'), revision: 1, data }];
}
