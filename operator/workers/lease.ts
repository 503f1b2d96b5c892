/**
 * The lease by which a trainer shows that it lives. In comes a job, out comes a Lease without a holder: the first worker
 * writes its name and the time into it, again and again. It is small, so that this costs the cluster little. How long silence
 * may be stands in it, so that a trainer knows how often to renew it.
 */
import { LIFE } from '../../multigrid/contract/timings.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { childOf, type Child } from './child.ts';

export function leaseOf(job: TrainingJob): Child {
  return {
    ...childOf(job, 'coordination.k8s.io/v1', 'Lease'),
    spec: { leaseDurationSeconds: LIFE.vouchedSilenceMs / 1000 },
  };
}
