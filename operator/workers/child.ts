/**
 * What every object made for a job has in common: its kind, its name, its labels, and the job as its owner, so that
 * deleting the job deletes all of it. In comes a job, out comes the head of a child; the builders beside this file add
 * the rest.
 */
import {
  API_VERSION,
  JOB_NAME_LABEL,
  KIND,
  MANAGED_BY_LABEL,
  MANAGER,
} from '../../multigrid/contract/names.ts';
import type { TrainingJob } from '../platform/platform.ts';

/** A Kubernetes object as it is sent: plain JSON. */
export interface Child {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly object[];
  };
  readonly [field: string]: unknown;
}

/** Labels of everything that is made for the job of this name. */
export function childLabels(jobName: string): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'multigrid-trainer',
    'app.kubernetes.io/instance': jobName,
    'app.kubernetes.io/component': 'trainer',
    'app.kubernetes.io/part-of': 'multigrid',
    [MANAGED_BY_LABEL]: MANAGER,
    [JOB_NAME_LABEL]: jobName,
  };
}

/** The labels that choose the pods of one job and no others. */
export function podSelector(jobName: string): Readonly<Record<string, string>> {
  return { [JOB_NAME_LABEL]: jobName };
}

/** As in `RoleBinding first`. */
export function nameOf({ kind, metadata }: Child): string {
  return `${kind} ${metadata.name}`;
}

/** Kind, name, labels and owner of a child; all children of a job have the job's name. */
export function childOf(job: TrainingJob, apiVersion: string, kind: string): Child {
  const { name, namespace = '', uid = '' } = job.metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: childLabels(name),
      ownerReferences: [
        { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
  };
}
