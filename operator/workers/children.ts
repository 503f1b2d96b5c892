/**
 * Everything that is made for a training job, in the order in which it is made: what a pod needs first, the Job that
 * makes pods last. Pure; applied by platform/kubernetes.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { accountOf, bindingOf } from './access.ts';
import type { Child } from './child.ts';
import { indexedJobOf } from './job.ts';
import { networkPolicyOf, serviceOf } from './network.ts';
import type { WorkerSettings } from './pod-template.ts';

export interface Children {
  /** To be there before the first pod; among themselves in any order. */
  readonly surroundings: readonly Child[];
  /** Wants the surroundings to be there. */
  readonly binding: Child;
  readonly job: Child;
}

export function childrenOf(job: TrainingJob, settings: WorkerSettings): Children {
  return {
    surroundings: [...accountOf(job), serviceOf(job), networkPolicyOf(job)],
    binding: bindingOf(job),
    job: indexedJobOf(job, settings),
  };
}
