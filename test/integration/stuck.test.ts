/**
 * Every way of not getting started that needs no kubelet, on a real API server, scheduler and Job controller: each shows
 * a typed reason with the cluster's own words, within half a minute, and goes on when what was in the way is gone.
 */
import { afterAll, beforeAll, describe, expect, test as alone } from '@jest/globals';
import { listAt, textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { endTrainer, holdTrainer } from '../support/cluster/pod-status.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';

/** Each test has a namespace of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

describeIfPossible('a job that cannot start', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start(1);
    place.startOperator();
  });

  afterAll(() => place.down());

  test('because no node fits says so in the words of the scheduler', async () => {
    const job = await place.createJob({ workers: { resources: { limits: { 'nvidia.com/gpu': 1 } } } });
    await job.shows('Stalled=True Unschedulable');
    expect(await job.messageOf('Stalled')).toContain('Insufficient nvidia.com/gpu');
    expect(await job.statusField('reason')).toBe('Unschedulable');
    expect(await job.statusField('state')).toBe('Stalled');
  });

  test('starts as soon as its spec is mended', async () => {
    const job = await place.createJob({ workers: { resources: { limits: { 'nvidia.com/gpu': 1 } } } });
    await job.shows('Stalled=True Unschedulable');
    await job.change({ workers: { resources: { limits: { 'nvidia.com/gpu': null } } } });
    await job.pod();
    await job.shows('Stalled=False Progressing');
    expect(await job.pods()).toHaveLength(1);
  });

  test('because its volume claim does not exist names the claim, and starts when it does', async () => {
    const space = await place.namespace();
    const claim = (claimName: string) => ({ persistentVolumeClaim: { claimName } });
    const job = await place.createJob({ volumes: { data: claim('clips'), output: { emptyDir: {} } } }, space);
    await job.shows('Stalled=True ClaimMissing');
    expect(await job.messageOf('Stalled')).toContain('persistentvolumeclaim "clips" not found');
    await bind(space, 'clips');
    await job.shows('Stalled=False Progressing');
    await job.pod();
  });

  async function bind(space: string, name: string): Promise<void> {
    const storage = { accessModes: ['ReadWriteMany'], storageClassName: '' };
    await place.admin.create('/api/v1/persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${space}-${name}` },
      spec: { ...storage, capacity: { storage: '1Gi' }, hostPath: { path: '/clips' } },
    });
    await place.admin.create(`/api/v1/namespaces/${space}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { ...storage, volumeName: `${space}-${name}`, resources: { requests: { storage: '1Gi' } } },
    });
  }

  test('because its volume claim is bound to nothing says so', async () => {
    const space = await place.namespace();
    await place.admin.create(`/api/v1/namespaces/${space}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'clips' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none-of-that-name',
        resources: { requests: { storage: '1Gi' } },
      },
    });
    const data = { persistentVolumeClaim: { claimName: 'clips' } };
    const job = await place.createJob({ volumes: { data, output: { emptyDir: {} } } }, space);
    await job.shows('Stalled=True ClaimMissing');
    expect(await job.messageOf('Stalled')).toContain('unbound');
  });

  const quota = (space: string, hard: object) =>
    place.admin.create(`/api/v1/namespaces/${space}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'little' },
      spec: { hard },
    });

  test('because the quota of pods is used up says so, and starts when there is more', async () => {
    const space = await place.namespace();
    await quota(space, { pods: '0' });
    const job = await place.createJob({}, space);
    await job.shows('Stalled=True QuotaExceeded');
    expect(await job.messageOf('Stalled')).toContain('exceeded quota: little');
    await place.admin.remove(`/api/v1/namespaces/${space}/resourcequotas/little`);
    await job.pod();
    await job.shows('Stalled=False Progressing');
  });

  test('because the quota of Jobs is used up says so, and starts when there is more', async () => {
    const space = await place.namespace();
    await quota(space, { 'count/jobs.batch': '0' });
    const job = await place.createJob({}, space);
    await job.shows('Stalled=True QuotaExceeded');
    expect(await job.messageOf('Stalled')).toContain('exceeded quota: little');
    await place.admin.remove(`/api/v1/namespaces/${space}/resourcequotas/little`);
    await job.pod();
    await job.shows('Stalled=False Progressing');
  });

  test('because a quota demands limits names the one to set, and starts when it is set', async () => {
    const space = await place.namespace();
    await quota(space, { 'limits.cpu': '4', pods: '10' });
    const job = await place.createJob({ workers: { resources: { limits: { memory: '1Gi' } } } }, space);
    await job.shows('Stalled=True QuotaNeedsResources');
    expect(await job.messageOf('Stalled')).toContain('must specify limits.cpu for: trainer');
    expect(await job.messageOf('Stalled')).toContain('set workers.resources.limits.cpu');
    await job.change({ workers: { resources: { limits: { cpu: '1' } } } });
    await job.pod();
    await job.shows('Stalled=False Progressing');
  });

  test('because the rules of its namespace refuse its pods says which rule', async () => {
    const space = await place.namespace(RESTRICTED);
    const job = await place.createJob(
      { workers: { template: { securityContext: { runAsNonRoot: false } } } },
      space,
    );
    await job.shows('Stalled=True AdmissionRefused');
    expect(await job.messageOf('Stalled')).toContain(
      'violates PodSecurity "restricted:latest": runAsNonRoot',
    );
  });

  test('is none under restricted Pod Security as long as it lays nothing over', async () => {
    const job = await place.createJob({}, await place.namespace(RESTRICTED));
    await job.pod();
  });

  test('because its template is no legal pod says which field', async () => {
    const job = await place.createJob({ workers: { template: { affinity: { nodeAfinity: {} } } } });
    await job.shows('Stalled=True AdmissionRefused');
    expect(await job.messageOf('Stalled')).toContain('nodeAfinity');
    expect(await job.pods()).toEqual([]);
    await job.change({ workers: { template: { affinity: { nodeAfinity: null } } } });
    await job.pod();
  });

  test('fails at its deadline with the reason that kept it', async () => {
    const job = await place.createJob({
      workers: { template: { affinity: { nodeAfinity: {} } } },
      runPolicy: { preRunningDeadlineSeconds: 4 },
    });
    await job.shows('Failed=True PreRunningDeadlineExceeded');
    expect(await job.messageOf('Failed')).toContain('AdmissionRefused');
  });

  test("because an object of its name is somebody else's leaves that alone", async () => {
    const space = await place.namespace();
    const path = `/api/v1/namespaces/${space}/services`;
    const spec = { ports: [{ port: 80 }] };
    await place.admin.create(path, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'first' }, spec });
    const before = await place.admin.get(`${path}/first`);
    const job = await place.createJob({}, space);
    await job.shows('Stalled=True NameTaken');
    expect(await job.messageOf('Stalled')).toContain('Service first');
    expect(await place.admin.get(`${path}/first`)).toEqual(before);
    await place.admin.remove(`${path}/first`);
    await job.pod();
  });

  test.each([
    ['ErrImagePull', 'ImagePullFailed'],
    ['ImagePullBackOff', 'ImagePullFailed'],
    ['InvalidImageName', 'ImagePullFailed'],
    ['CreateContainerConfigError', 'CreateContainerError'],
  ])('because its kubelet says %s shows %s', async (said, reason) => {
    const job = await place.createJob({});
    await holdTrainer(place.admin, await job.pod(), { reason: said, message: 'no such thing' });
    await job.shows(`Stalled=True ${reason}`);
    expect(await job.messageOf('Stalled')).toContain('no such thing');
  });

  test('because the Secret of its workers was deleted gets it again', async () => {
    const space = await place.namespace();
    const job = await place.createJob({ workers: { replicas: 2 } }, space);
    const pod = await job.pod();
    const secrets = `/api/v1/namespaces/${space}/secrets`;
    const names = async () =>
      listAt(await place.admin.get(secrets), 'items').map((secret) => textAt(secret, 'metadata', 'name'));
    const [name] = await names();
    // Until it sees its pods the operator makes what they need, the Secret too.
    await waitUntil(async () => ((await job.statusField('replicas')) === 2 ? true : null), {
      ...{ what: 'the operator to see both pods', timeoutMs: 60_000, periodMs: 300 },
    });
    await place.admin.remove(`${secrets}/${name}`);
    expect(await names()).toEqual([]);
    await holdTrainer(place.admin, pod, { reason: 'ContainerCreating', message: '' });
    await place.admin.create(`/api/v1/namespaces/${space}/events`, {
      ...{ apiVersion: 'v1', kind: 'Event', type: 'Warning', reason: 'FailedMount', count: 1 },
      message: `MountVolume.SetUp failed for volume "workers-token": secret "${name}" not found`,
      ...{ firstTimestamp: new Date().toISOString(), lastTimestamp: new Date().toISOString() },
      metadata: { name: 'mount', namespace: space },
      involvedObject: {
        ...{ apiVersion: 'v1', kind: 'Pod', namespace: space, name: textAt(pod, 'metadata', 'name') },
        uid: textAt(pod, 'metadata', 'uid'),
      },
    });
    await job.shows('Stalled=True VolumeNotMounted');
    await waitUntil(async () => ((await names()).includes(name ?? null) ? true : null), {
      ...{ what: 'the Secret to be there again', timeoutMs: 60_000, periodMs: 300 },
    });
  });

  test('because it is held by whoever admits jobs waits without a deadline', async () => {
    const job = await place.createJob({});
    await job.pod();
    // As Kueue does it; its own controller would have been faster than the pod.
    await place.admin.merge(job.indexedJobPath, { spec: { suspend: true } });
    await job.shows('Running=False Queued');
    // Only now, so that a busy machine is not too late for it before it waits.
    await job.change({ runPolicy: { preRunningDeadlineSeconds: 3 } });
    await expect(job.shows('Failed=True PreRunningDeadlineExceeded', 6000)).rejects.toThrow('in vain');
    expect(await job.conditions()).toContain('Running=False Queued');
    // From here on the clock runs.
    await place.admin.merge(job.indexedJobPath, { spec: { suspend: false } });
    await job.shows('Failed=True PreRunningDeadlineExceeded');
  });

  test('because it crashes before it says anything shows its last lines and gives up', async () => {
    const job = await place.createJob({ runPolicy: { backoffLimit: 0 } });
    await endTrainer(place.admin, await job.pod(), { exitCode: 1, message: 'Cannot find module' });
    await job.shows('Failed=True BackoffLimitExceeded');
    expect(textAt(await job.statusField('lastFailure'), 'message')).toContain('Cannot find module');
  });
});
