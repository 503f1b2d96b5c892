/**
 * The one object: a MultigridTrainingJob as the rest of the code holds it, read-only, with the operator's and the
 * trainer's parts of the status in their own types. The generated types describe what a manifest may hold.
 */
import type { Directive } from '../directive.ts';
import type { Plan, PlanSummary } from '../plan/types.ts';
import type { Progress } from '../progress.ts';
import type { JobSpec, JobStatus as GeneratedStatus, ObjectMeta } from './types.gen.ts';

/** The type with everything in it read-only, however deep. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

type OwnParts = 'plan' | 'planSummary' | 'directive' | 'progress';

/** `status` of a job. Each part has one writer: `progress` the trainer, everything else the operator. */
export interface JobStatus extends DeepReadonly<Omit<GeneratedStatus, OwnParts>> {
  /** In a cluster it is stored beside the job, and `planSummary` here. */
  readonly plan?: Plan;
  readonly planSummary?: PlanSummary;
  readonly directive?: Directive;
  readonly progress?: Progress;
}

export interface Job {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: DeepReadonly<ObjectMeta>;
  readonly spec: DeepReadonly<JobSpec>;
  readonly status?: JobStatus;
}
