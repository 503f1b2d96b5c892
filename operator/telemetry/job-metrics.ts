/**
 * The metrics that say how the jobs stand. They are read off the jobs the operator knows at the moment of a scrape, not
 * kept up event by event: so a job that is gone has no series left, and nothing can drift. In comes the list of jobs,
 * out go two gauges of a registry.
 */
import { Gauge, type Registry } from 'prom-client';
import type { JobState } from '../../multigrid/object/job-object.ts';

/** What the metrics read of a job, without taking the whole of it apart. */
export interface JobView {
  readonly namespace: string;
  readonly name: string;
  /** Null: the operator has not seen it yet. */
  readonly state: JobState | null;
  /** Null: the trainer has not said. */
  readonly phase: number | null;
}

/** Every state is always there, so that a dashboard shows 0 and an alert can rest on it. */
const NO_JOBS: Readonly<Record<JobState, number>> = {
  Pending: 0,
  Running: 0,
  PhaseTransition: 0,
  Restarting: 0,
  Stalled: 0,
  Suspended: 0,
  Complete: 0,
  Failed: 0,
};

const ENDED: ReadonlySet<JobState> = new Set<JobState>(['Complete', 'Failed']);

/**
 * @param jobs - the jobs as the operator knows them now; called at every scrape, so it must be cheap (a cache)
 */
export function addJobMetrics(registry: Registry, jobs: () => Iterable<JobView>): void {
  new Gauge({
    name: 'multigrid_jobs',
    help: 'Jobs, by state (column STATE of kubectl get mgtj).',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(countByState(jobs()))) {
        this.set({ state }, count);
      }
    },
  });
  new Gauge({
    name: 'multigrid_job_phase',
    help: 'Index of the phase of the plan that a job is in, from 0; only jobs that have one and have not ended.',
    labelNames: ['namespace', 'job'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { namespace, name, state, phase } of jobs()) {
        if (phase !== null && (state === null || !ENDED.has(state))) {
          this.set({ namespace, job: name }, phase);
        }
      }
    },
  });
}

function countByState(jobs: Iterable<JobView>): Readonly<Record<JobState, number>> {
  const counts = { ...NO_JOBS };
  for (const { state } of jobs) {
    // A job that the operator has not seen yet is waiting.
    counts[state ?? 'Pending'] += 1;
  }
  return counts;
}
