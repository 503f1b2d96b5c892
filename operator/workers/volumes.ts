/**
 * The volumes of a trainer pod: the videos, read-only; the folder of this job's results; scratch space; the token for
 * the API server, and the one by which several workers know each other; and whatever the manifest adds. In comes a job, out come volumes and where they are mounted.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { hasSeveralWorkers } from '../status/world-size.ts';
import { workersTokenVolumes } from './workers-token.ts';
import { DATA_FOLDER, OUTPUT_FOLDER, SCRATCH_FOLDER } from '../../multigrid/contract/trainer-pod.ts';

export interface PodVolumes {
  readonly volumes: readonly object[];
  readonly volumeMounts: readonly object[];
}

const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet renews the token long before. */
const TOKEN_SECONDS = 3600;
/** Files that only their owner may read are of no use to another user's process. */
const TOKEN_MODE = 0o444;

export function volumesOf(job: TrainingJob): PodVolumes {
  const { metadata, spec } = job;
  const { template } = spec.workers;
  const token = hasSeveralWorkers(job) ? workersTokenVolumes(job) : { volumes: [], volumeMounts: [] };
  return {
    volumes: [
      { name: 'data', ...spec.volumes.data },
      { name: 'output', ...spec.volumes.output },
      { name: 'scratch', emptyDir: {} },
      tokenVolume(),
      ...token.volumes,
      ...(template?.volumes ?? []),
    ],
    volumeMounts: [
      { name: 'data', mountPath: DATA_FOLDER, readOnly: true },
      // Jobs share one volume for their results; each sees its own folder of it.
      { name: 'output', mountPath: OUTPUT_FOLDER, subPath: spec.volumes.outputSubPath ?? metadata.name },
      { name: 'scratch', mountPath: SCRATCH_FOLDER },
      { name: 'api-access', mountPath: TOKEN_FOLDER, readOnly: true },
      ...token.volumeMounts,
      ...(template?.volumeMounts ?? []),
    ],
  };
}

/** What automounting would bring, and nothing more often than it is used. */
function tokenVolume(): object {
  return {
    name: 'api-access',
    projected: {
      defaultMode: TOKEN_MODE,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}
