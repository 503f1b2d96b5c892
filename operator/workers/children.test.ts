/** What a cluster is asked to make for a job, by what it means and not by how it is written. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readJob } from '../../multigrid/api/read-job.ts';
import { makeManifestSpec, makePlan, makeStoredJob } from '../../test/support/run/jobs.ts';
import { observation } from '../../test/support/run/observations.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { surroundingsOf } from './children.ts';
import { indexedJobOf } from './job.ts';
import { workersTokenOf } from './workers-token.ts';

const SETTINGS = { trainerImage: 'example.org/trainer:1' };

function job(spec: object = {}, labels: Readonly<Record<string, string>> = {}): TrainingJob {
  const volumes = {
    data: { persistentVolumeClaim: { claimName: 'clips' } },
    output: { persistentVolumeClaim: { claimName: 'runs' } },
  };
  const stored = makeStoredJob('first', makeManifestSpec({ volumes, ...spec }));
  const metadata = { ...stored.metadata, namespace: 'video', uid: 'u-1', labels };
  return { ...stored, metadata, spec: readJob(stored) };
}

const all = (of: TrainingJob) => {
  const { first, binding } = surroundingsOf(of);
  return [...first, binding, indexedJobOf(of, SETTINGS)];
};
const byKind = (of: TrainingJob, kind: string) => all(of).find((child) => child.kind === kind);
const podOf = (of: TrainingJob) => at(byKind(of, 'Job'), 'spec', 'template', 'spec');
const trainerOf = (of: TrainingJob) => at(podOf(of), 'containers', '0');

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  );
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

describe('every child', () => {
  test('has the name of the job, its labels, and the job as the controller that owns it', () => {
    for (const child of all(job())) {
      expect(child.metadata).toMatchObject({
        name: 'first',
        namespace: 'video',
        labels: {
          'training.multigrid.dev/job-name': 'first',
          'app.kubernetes.io/managed-by': 'multigrid-operator',
        },
        ownerReferences: [
          { kind: 'MultigridTrainingJob', uid: 'u-1', controller: true, blockOwnerDeletion: true },
        ],
      });
    }
  });

  test('is the same whenever it is made, so that applying it again changes nothing', () => {
    expect(all(job())).toEqual(all(job()));
  });

  test('comes before the Job that makes pods, the binding after the role it binds', () => {
    expect(all(job()).map(({ kind }) => kind)).toEqual([
      'ServiceAccount',
      'Role',
      'Lease',
      'Service',
      'NetworkPolicy',
      'RoleBinding',
      'Job',
    ]);
  });
});

test('the plan of a job that has one is an object too, whole', () => {
  const plan = makePlan(3);
  expect(byKind({ ...job(), status: { plan } }, 'ControllerRevision')).toMatchObject({
    revision: 1,
    data: plan,
  });
});

describe('the right of a trainer', () => {
  test('ends at its own job, the status of it, its plan and its lease', () => {
    const ofTheJob = { apiGroups: ['training.multigrid.dev'], resourceNames: ['first'] };
    expect(listAt(byKind(job(), 'Role'), 'rules')).toEqual([
      { ...ofTheJob, resources: ['multigridtrainingjobs'], verbs: ['get', 'watch'] },
      { ...ofTheJob, resources: ['multigridtrainingjobs/status'], verbs: ['patch'] },
      { apiGroups: ['apps'], resources: ['controllerrevisions'], resourceNames: ['first'], verbs: ['get'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['first'],
        verbs: ['patch'],
      },
    ]);
  });

  test('goes to the service account that the manifest brings', () => {
    const of = job({ workers: { template: { serviceAccountName: 'theirs' } } });
    expect(byKind(of, 'ServiceAccount')).toBeUndefined();
    expect(byKind(of, 'RoleBinding')).toMatchObject({ subjects: [{ name: 'theirs', namespace: 'video' }] });
    expect(podOf(of)).toMatchObject({ serviceAccountName: 'theirs' });
  });
});

describe('the pod of a worker', () => {
  test('keeps to restricted Pod Security', () => {
    expect(podOf(job())).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(at(trainerOf(job()), 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('takes what the manifest lays over its security context and keeps the rest', () => {
    const of = job({
      workers: { template: { securityContext: { runAsUser: 1000, supplementalGroups: [7] } } },
    });
    expect(at(podOf(of), 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      fsGroup: 65532,
      supplementalGroups: [7],
    });
  });

  test('runs the image of the manifest, or else the one of the operator', () => {
    expect(trainerOf(job())).toMatchObject({ image: SETTINGS.trainerImage });
    expect(trainerOf(job({ workers: { image: 'their/own:2' } }))).toMatchObject({ image: 'their/own:2' });
  });

  test('asks for the resources as they are written, GPUs too', () => {
    const resources = { limits: { 'nvidia.com/gpu': 2, memory: '64Gi' }, requests: { cpu: '500m' } };
    expect(trainerOf(job({ workers: { resources } }))).toMatchObject({ resources });
  });

  test('is placed as the template says', () => {
    const template = {
      nodeSelector: { gpu: 'a100' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      priorityClassName: 'low',
      runtimeClassName: 'nvidia',
      schedulerName: 'volcano',
      imagePullSecrets: [{ name: 'registry' }],
    };
    expect(podOf(job({ workers: { template } }))).toMatchObject(template);
    for (const field of Object.keys(template)) {
      expect(podOf(job())).not.toHaveProperty(field);
    }
  });

  test('has time for a checkpoint, ends once, and leaves its last lines in its status', () => {
    expect(podOf(job())).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 120 });
    expect(trainerOf(job())).toMatchObject({ terminationMessagePolicy: 'FallbackToLogsOnError' });
  });

  test('is asked by its kubelet whether it is there, at the port that everybody reaches, and not ended for it', () => {
    const trainer = trainerOf(job());
    expect(trainer).toMatchObject({
      readinessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
      ports: [{ name: 'metrics' }],
    });
    expect(trainer).not.toHaveProperty('livenessProbe');
    expect(listAt(byKind(job(), 'NetworkPolicy'), 'spec', 'ingress')).toEqual([
      { ports: [{ protocol: 'TCP', port: 'metrics' }] },
    ]);
  });

  test('sees the data read-only, and of the output only its own folder', () => {
    expect(listAt(trainerOf(job()), 'volumeMounts')).toEqual(
      expect.arrayContaining([
        { name: 'data', mountPath: '/data', readOnly: true },
        { name: 'output', mountPath: '/output', subPath: 'first' },
        { name: 'scratch', mountPath: '/tmp' },
      ]),
    );
    expect(listAt(podOf(job()), 'volumes')).toEqual(
      expect.arrayContaining([
        { name: 'data', persistentVolumeClaim: { claimName: 'clips' } },
        { name: 'output', persistentVolumeClaim: { claimName: 'runs' } },
      ]),
    );
  });

  test('has the volumes that the template adds', () => {
    const template = {
      volumes: [{ name: 'shm', emptyDir: { medium: 'Memory' } }],
      volumeMounts: [{ name: 'shm', mountPath: '/dev/shm' }],
    };
    const of = job({ workers: { template } });
    expect(listAt(podOf(of), 'volumes')).toContainEqual(template.volumes[0]);
    expect(listAt(trainerOf(of), 'volumeMounts')).toContainEqual(template.volumeMounts[0]);
  });

  test('knows its rank and the number of workers', () => {
    const env = listAt(trainerOf(job({ workers: { replicas: 3 } })), 'env');
    expect(env).toContainEqual({ name: 'MULTIGRID_WORLD_SIZE', value: '3' });
    expect(env).toContainEqual({
      name: 'MULTIGRID_RANK',
      valueFrom: {
        fieldRef: {
          apiVersion: 'v1',
          fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']",
        },
      },
    });
  });

  test('knows its uid, by which the operator tells the next one that it has ended', () => {
    expect(listAt(trainerOf(job()), 'env')).toContainEqual({
      name: 'MULTIGRID_POD_UID',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } },
    });
  });

  test('never has a variable twice, and none that the trainer relies on can be replaced', () => {
    const names = [
      'MULTIGRID_JOB_NAME',
      'MULTIGRID_OUTPUT',
      'UV_THREADPOOL_SIZE',
      'HOME',
      'NCCL_DEBUG',
      'TZ',
      'NODE_OPTIONS',
      'LD_PRELOAD',
      'KUBECONFIG',
      'MULTIGRID_ONNXRUNTIME',
    ];
    const reserved = /^(?:MULTIGRID_|LD_|NODE_OPTIONS|KUBECONFIG)/u;
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...names)), (chosen) => {
        const asked = chosen.map((name) => ({ name, value: 'mine' }));
        // Of a job that was stored before reserved variables were refused.
        const { spec, ...rest } = job();
        const stored = { ...rest, spec: { ...spec, workers: { ...spec.workers, template: { env: asked } } } };
        const env = listAt(trainerOf(stored), 'env');
        const found = env.map((variable) => at(variable, 'name'));
        expect(new Set(found).size).toBe(found.length);
        for (const name of chosen) {
          const isMine = env.some(
            (variable) => at(variable, 'name') === name && at(variable, 'value') === 'mine',
          );
          expect(isMine).toBe(!reserved.test(name));
        }
      }),
    );
  });

  test('keeps the labels that others select it by, whatever the template says', () => {
    const labels = { 'training.multigrid.dev/job-name': 'other', team: 'video' };
    const of = job({ workers: { template: { labels } } });
    expect(at(byKind(of, 'Job'), 'spec', 'template', 'metadata', 'labels')).toMatchObject({
      'training.multigrid.dev/job-name': 'first',
      team: 'video',
    });
  });

  test('says where its metrics are, unless the template says otherwise', () => {
    const annotationsOf = (of: TrainingJob) =>
      at(byKind(of, 'Job'), 'spec', 'template', 'metadata', 'annotations');
    const port = at(listAt(trainerOf(job()), 'ports')[0], 'containerPort');
    expect(annotationsOf(job())).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': String(port),
    });
    const annotations = { 'prometheus.io/scrape': 'false', team: 'video' };
    const quiet = job({ workers: { template: { annotations } } });
    expect(annotationsOf(quiet)).toMatchObject(annotations);
  });
});

describe('the Job', () => {
  test('has one index per worker and leaves giving up to the operator, but for errors that come again', () => {
    const spec = at(byKind(job({ workers: { replicas: 4 } }), 'Job'), 'spec');
    expect(spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      podReplacementPolicy: 'Failed',
    });
    expect(at(spec, 'backoffLimit')).toBeGreaterThan(1e9);
    const actions = listAt(spec, 'podFailurePolicy', 'rules').map((rule) => at(rule, 'action'));
    expect(actions).toEqual(['Ignore', 'Ignore', 'FailJob']);
  });

  test("passes Kueue's labels on and leaves suspending to Kueue", () => {
    const labels = { 'kueue.x-k8s.io/queue-name': 'gpus', team: 'video' };
    const made = byKind(job({}, labels), 'Job');
    expect(made?.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'gpus' });
    expect(made?.metadata.labels).not.toHaveProperty('team');
    expect(at(made, 'spec')).not.toHaveProperty('suspend');
  });
});

test('nothing but metrics may be asked of a worker', () => {
  const policy = byKind(job(), 'NetworkPolicy');
  expect(listAt(policy, 'spec', 'ingress')).toEqual([{ ports: [{ protocol: 'TCP', port: 'metrics' }] }]);
  expect(listAt(byKind(job(), 'Service'), 'spec', 'ports')).toHaveLength(1);
});

describe('several workers of a job', () => {
  const several = job({ workers: { replicas: 4 } });
  const token = workersTokenOf(several, 'a token');

  test('have a secret between them, of this very job, as a file that nobody else in the pod needs', () => {
    expect(token).toMatchObject({ kind: 'Secret', metadata: { name: 'first-u-1' } });
    // Nodes would not hear of one that takes its place.
    expect(token).not.toHaveProperty('immutable');
    expect(token.metadata.ownerReferences).toHaveLength(1);
    const [volume] = listAt(podOf(several), 'volumes').filter((one) => at(one, 'secret') !== undefined);
    expect(volume).toMatchObject({ secret: { secretName: 'first-u-1', defaultMode: 0o440 } });
    expect(listAt(trainerOf(several), 'volumeMounts')).toContainEqual({
      ...{ name: at(volume, 'name'), mountPath: '/var/run/secrets/multigrid', readOnly: true },
    });
    expect(JSON.stringify(all(several))).not.toContain('a token');
  });

  test('may reach each other, and nobody else may', () => {
    expect(listAt(byKind(several, 'NetworkPolicy'), 'spec', 'ingress')).toEqual([
      { ports: [{ protocol: 'TCP', port: 'metrics' }] },
      { from: [{ podSelector: { matchLabels: { 'training.multigrid.dev/job-name': 'first' } } }] },
    ]);
  });

  test('are done when the first one is', () => {
    expect(at(byKind(several, 'Job'), 'spec')).toMatchObject({
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
    });
  });

  test('may be several processes of one pod, each with a share of its own', () => {
    const eight = job({ workers: { replicas: 2, processesPerWorker: 4 } });
    expect(at(byKind(eight, 'Job'), 'spec')).toMatchObject({ completions: 2, parallelism: 2 });
    const env = listAt(trainerOf(eight), 'env');
    expect(env).toContainEqual({ name: 'MULTIGRID_WORLD_SIZE', value: '2' });
    expect(env).toContainEqual({ name: 'MULTIGRID_PROCESSES_PER_WORKER', value: '4' });
    const onePod = job({ workers: { replicas: 1, processesPerWorker: 4 } });
    expect(listAt(podOf(onePod), 'volumes').some((volume) => at(volume, 'secret') !== undefined)).toBe(true);
  });

  test('need more than one worker does, whose objects stay as they were', () => {
    expect(at(byKind(job(), 'Job'), 'spec')).not.toHaveProperty('successPolicy');
    expect(listAt(podOf(job()), 'volumes').every((volume) => at(volume, 'secret') === undefined)).toBe(true);
  });
});

test('a job keeps the number of workers that training began with', () => {
  const { job: scaled } = observation({ spec: { workers: { replicas: 4 } } });
  expect(scaled.status?.directive?.workers).toBe(1);
  expect(at(byKind(scaled, 'Job'), 'spec')).toMatchObject({ completions: 1, parallelism: 1 });
  expect(listAt(trainerOf(scaled), 'env')).toContainEqual({ name: 'MULTIGRID_WORLD_SIZE', value: '1' });
});
