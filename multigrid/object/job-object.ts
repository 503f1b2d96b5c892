/**
 * The job object between its writers: what is the user's, the operator's and the trainer's part, and how to ask it
 * about its conditions. The types are api/job.ts's. Written and read by job-file.ts, decided on by operator/controller.
 */
import type { Job, JobStatus } from '../api/job.ts';
import type { ConditionType } from '../contract/names.ts';

/** The part of `status` that is the operator's. */
export type OperatorStatus = Omit<JobStatus, 'progress'>;

export type Condition = NonNullable<JobStatus['conditions']>[number];
export type JobState = NonNullable<JobStatus['state']>;
export type LastFailure = NonNullable<JobStatus['lastFailure']>;
export type EndedPod = NonNullable<JobStatus['endedPods']>[number];

/** A job as it is stored: the spec is whatever a person wrote, `api/validate.ts` has not seen it yet. */
export interface StoredJob extends Omit<Job, 'spec'> {
  readonly spec: unknown;
}

/** What the questions below need of a job. */
type WithStatus = Pick<StoredJob, 'status'>;

/** The status without the trainer's part. */
export function operatorStatusOf({ status }: WithStatus): OperatorStatus {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([key]) => key !== 'progress'));
}

/** Whether the job has come to its end, good or bad. */
export function isFinished(job: WithStatus): boolean {
  return isConditionTrue(job, 'Complete') || isConditionTrue(job, 'Failed');
}

export function isConditionTrue(job: WithStatus, type: ConditionType): boolean {
  return findCondition(job.status?.conditions, type)?.status === 'True';
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
