/**
 * How workers of a job are found and who may reach them. In comes a job, out come a headless Service, which gives every
 * worker a name (`NAME-0.NAME`), and a NetworkPolicy: metrics for whoever scrapes, everything for the job's own workers where
 * there are several, nothing else comes in.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { hasSeveralWorkers } from '../status/world-size.ts';
import { childOf, podSelector, type Child } from './child.ts';
import { METRICS_PORT } from '../../multigrid/contract/trainer-pod.ts';

export function serviceOf(job: TrainingJob): Child {
  return {
    ...childOf(job, 'v1', 'Service'),
    spec: {
      clusterIP: 'None',
      selector: podSelector(job.metadata.name),
      // Workers look each other up while they come up, before any of them is ready.
      publishNotReadyAddresses: true,
      ports: [{ name: 'metrics', port: METRICS_PORT, targetPort: 'metrics', protocol: 'TCP' }],
    },
  };
}

export function networkPolicyOf(job: TrainingJob): Child {
  const sameJob = { matchLabels: podSelector(job.metadata.name) };
  return {
    ...childOf(job, 'networking.k8s.io/v1', 'NetworkPolicy'),
    spec: {
      podSelector: sameJob,
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: 'metrics' }] },
        // Ranks and their supervisors; libraries choose their ports themselves.
        ...(hasSeveralWorkers(job) ? [{ from: [{ podSelector: sameJob }] }] : []),
      ],
    },
  };
}
