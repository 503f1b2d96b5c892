/**
 * The secret that the workers of one job share, by which their supervisors know each other. In comes a job and a random token,
 * out comes a Secret, and where a pod has it. The operator may create Secrets and not read them: this one bears the job's uid
 * in its name, so that whatever is found under that name was made for this very job. It is not immutable: nodes would keep to
 * one that was deleted, and a pod that comes later would have another.
 */
import { WORKERS_TOKEN_FOLDER, WORKERS_TOKEN_KEY } from '../../multigrid/contract/trainer-pod.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { childOf, type Child } from './child.ts';

const VOLUME = 'workers-token';
/** Of its owner and its group, which is the pod's (fsGroup). */
const MODE = 0o440;
const UID_LETTERS = 8;

/** @param token - nobody can guess it */
export function workersTokenOf(job: TrainingJob, token: string): Child {
  const head = childOf(job, 'v1', 'Secret');
  return {
    ...head,
    metadata: { ...head.metadata, name: secretName(job) },
    type: 'Opaque',
    stringData: { [WORKERS_TOKEN_KEY]: token },
  };
}

/** A file, not a variable: variables are inherited, and show in dumps. */
export function workersTokenVolumes(job: TrainingJob): {
  readonly volumes: readonly object[];
  readonly volumeMounts: readonly object[];
} {
  return {
    volumes: [{ name: VOLUME, secret: { secretName: secretName(job), defaultMode: MODE } }],
    volumeMounts: [{ name: VOLUME, mountPath: WORKERS_TOKEN_FOLDER, readOnly: true }],
  };
}

function secretName({ metadata }: TrainingJob): string {
  return `${metadata.name}-${(metadata.uid ?? '').slice(0, UID_LETTERS)}`;
}
