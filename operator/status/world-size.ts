/**
 * How many workers a job has. In comes a job, out comes the number in its directive, which training began with; a spec that
 * asks for another number later does not change it. The plan knows no workers, so before there is a directive it is the
 * spec's.
 */
import { ranksOf } from '../../multigrid/sharing/ranks.ts';
import type { TrainingJob } from '../platform/platform.ts';

export function worldSizeOf({ spec, status }: Pick<TrainingJob, 'spec' | 'status'>): number {
  return status?.directive?.workers ?? ranksOf(spec.workers);
}

/** How many pods they are in. */
export function podsOf(job: Pick<TrainingJob, 'spec' | 'status'>): number {
  return Math.ceil(worldSizeOf(job) / job.spec.workers.processesPerWorker);
}

/** Whether the job's workers have to find each other. */
export function hasSeveralWorkers(job: Pick<TrainingJob, 'spec' | 'status'>): boolean {
  return worldSizeOf(job) > 1;
}
