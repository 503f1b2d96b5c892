/**
 * What surrounds the workers of a training job: all that is made for it but the Job that makes the pods. Pure; in comes a
 * job, out come objects.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { accountOf, bindingOf } from './access.ts';
import type { Child } from './child.ts';
import { leaseOf } from './lease.ts';
import { networkPolicyOf, serviceOf } from './network.ts';
import { planObjectsOf } from './plan-object.ts';

/** Kinds of what is made. */
export type SurroundingKind =
  'ServiceAccount' | 'Role' | 'RoleBinding' | 'Lease' | 'Service' | 'NetworkPolicy' | 'ControllerRevision';

export interface Surroundings {
  /** In any order, before the first pod. */
  readonly first: readonly Child[];
  /** When the others are there: it refers to them. */
  readonly binding: Child;
}

export function surroundingsOf(job: TrainingJob): Surroundings {
  return {
    first: [...accountOf(job), leaseOf(job), serviceOf(job), networkPolicyOf(job), ...planObjectsOf(job)],
    binding: bindingOf(job),
  };
}
