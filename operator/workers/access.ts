/**
 * What a trainer may do at the API server: see its own job and its plan, report its progress and renew its lease, nothing else. In
 * comes a job, out come a ServiceAccount, a Role for this one job, and the binding between them. Where the manifest brings a service
 * account of its own, that one is bound and none is made.
 */
import { GROUP, PLURAL } from '../../multigrid/contract/names.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { childOf, type Child } from './child.ts';

const RBAC = 'rbac.authorization.k8s.io';

export function serviceAccountName({ metadata, spec }: TrainingJob): string {
  return spec.workers.template?.serviceAccountName ?? metadata.name;
}

/** The account and what it may do; nothing of it refers to anything else. */
export function accountOf(job: TrainingJob): readonly Child[] {
  const isOurs = serviceAccountName(job) === job.metadata.name;
  return [...(isOurs ? [serviceAccount(job)] : []), role(job)];
}

/** The binding between the two. The API server wants to see the role that is bound. */
export function bindingOf(job: TrainingJob): Child {
  const { name, namespace = '' } = job.metadata;
  return {
    ...childOf(job, `${RBAC}/v1`, 'RoleBinding'),
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: serviceAccountName(job), namespace }],
  };
}

function serviceAccount(job: TrainingJob): Child {
  // The pod mounts the one token it uses by itself; nothing else of this account gets any.
  return { ...childOf(job, 'v1', 'ServiceAccount'), automountServiceAccountToken: false };
}

function role(job: TrainingJob): Child {
  const resourceNames = [job.metadata.name];
  return {
    ...childOf(job, `${RBAC}/v1`, 'Role'),
    rules: [
      { apiGroups: [GROUP], resources: [PLURAL], resourceNames, verbs: ['get', 'watch'] },
      { apiGroups: [GROUP], resources: [`${PLURAL}/status`], resourceNames, verbs: ['patch'] },
      { apiGroups: ['apps'], resources: ['controllerrevisions'], resourceNames, verbs: ['get'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames, verbs: ['patch'] },
    ],
  };
}
