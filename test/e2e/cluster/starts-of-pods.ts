/**
 * What keeps a pod from starting, as only a kubelet says it: names of images, things that the pod needs and that are not
 * there, containers that cannot be made. Each shows a typed reason soon, and the job goes on when what was in the way is
 * gone. Tests of a cluster that the caller has.
 */
import { expect, test as alone } from '@jest/globals';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import {
  isTraining,
  messageOf,
  neverDone,
  SOON_MS,
  type SmallSpec,
  type TrainingCluster,
} from '../../support/cluster/training-cluster.ts';

/** Each test has a job of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;

/** @param placeOf - the cluster, once it is there */
export function testStartsOfPods(placeOf: () => TrainingCluster): void {
  const workers = (spec: SmallSpec, change: object): void => {
    spec.workers = { ...spec.workers, ...change };
  };

  /** The API server takes up to some seconds to act by a new policy. */
  async function untilPolicyActs(): Promise<void> {
    const ask = ['create', '--dry-run=server', '-f', '-', '-o', 'jsonpath={.spec.initContainers[*].name}'];
    await waitUntil(async () => ((await placeOf().cluster.kubectl(ask, PROBE)) === 'licence' ? true : null), {
      what: 'the policy to act',
      timeoutMs: SOON_MS,
    });
  }

  test('whose image does not exist says so, and starts when the image is mended', async () => {
    const place = placeOf();
    await place.apply('no-image', (spec) => {
      spec.workers = { ...spec.workers, image: 'registry.invalid/no/such-trainer:1' };
    });
    const job = await place.shows('no-image', 'Stalled ImagePullFailed');
    expect(messageOf(job, 'Stalled')).toContain('registry.invalid/no/such-trainer:1');
    expect(await place.pods('no-image')).toHaveLength(1);
    await place.apply('no-image');
    await place.waitFor('no-image', 'a report', ({ status }) => status?.progress !== undefined);
    await place.remove('no-image');
  });

  test.each([
    ['misnamed', 'Not/A//Name', 'InvalidImageName'],
    ['unpulled', 'registry.invalid/no/such-trainer:1', 'ErrImageNeverPull'],
  ])('whose image is %s says so in the words of the kubelet', async (name, image, said) => {
    const place = placeOf();
    await place.apply(name, (spec) => {
      workers(spec, { image, template: { imagePullPolicy: 'Never' } });
    });
    const job = await place.shows(name, 'Stalled ImagePullFailed');
    expect(messageOf(job, 'Stalled')).toContain(said);
    expect(messageOf(job, 'Stalled')).toContain(image);
    expect(await place.pods(name)).toHaveLength(1);
    await place.remove(name);
  });

  test('whose environment needs a Secret that is not there names it, and starts when it is', async () => {
    const place = placeOf();
    const secretKeyRef = { name: 'tracker', key: 'token' };
    await place.apply('tracked', (spec) => {
      neverDone(spec);
      workers(spec, { template: { env: [{ name: 'TRACKER_TOKEN', valueFrom: { secretKeyRef } }] } });
    });
    const job = await place.shows('tracked', 'Stalled CreateContainerError');
    expect(messageOf(job, 'Stalled')).toContain('secret "tracker" not found');
    await place.cluster.kubectl(['create', 'secret', 'generic', 'tracker', '--from-literal=token=abc']);
    const { status } = await place.waitFor('tracked', 'to train', isTraining);
    expect(status?.restarts ?? 0).toBe(0);
    expect(await place.pods('tracked')).toHaveLength(1);
    await place.remove('tracked');
  });

  test('whose volume is a Secret that is not there names it', async () => {
    const place = placeOf();
    await place.apply('unmounted', (spec) => {
      const volumes = [{ name: 'keys', secret: { secretName: 'no-such-keys' } }];
      workers(spec, { template: { volumes, volumeMounts: [{ name: 'keys', mountPath: '/keys' }] } });
    });
    const job = await place.shows('unmounted', 'Stalled VolumeNotMounted');
    expect(messageOf(job, 'Stalled')).toContain('secret "no-such-keys" not found');
    await place.remove('unmounted');
  });

  test('whose container cannot be started says why, and gives up', async () => {
    const place = placeOf();
    await place.apply('unstartable', (spec) => {
      const volumes = [{ name: 'extra', emptyDir: {} }];
      const volumeMounts = [{ name: 'extra', mountPath: '/etc/passwd/extra' }]; // below a file
      workers(spec, { template: { volumes, volumeMounts } });
      spec['runPolicy'] = { backoffLimit: 1 };
    });
    const job = await place.shows('unstartable', 'Failed BackoffLimitExceeded');
    expect(job.status).toMatchObject({ restarts: 1, lastFailure: { reason: 'CreateContainerError' } });
    expect(job.status?.lastFailure?.message).toContain('/etc/passwd');
    await place.remove('unstartable');
  });

  test('into whose pod somebody puts an init container that fails says which, with its last lines', async () => {
    const place = placeOf();
    await place.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(initPolicy()));
    try {
      await untilPolicyActs();
      await place.apply('prepared', (spec) => {
        spec['runPolicy'] = { backoffLimit: 0 };
        spec.workers = { ...spec.workers, template: { labels: { 'put-before': 'yes' } } };
      });
      const job = await place.shows('prepared', 'Failed BackoffLimitExceeded');
      expect(job.status?.lastFailure).toMatchObject({ reason: 'InitFailed', exitCode: 7 });
      expect(job.status?.lastFailure?.message).toContain('no licence');
    } finally {
      await place.cluster.kubectl(['delete', '-f', '-', '--ignore-not-found'], JSON.stringify(initPolicy()));
      await place.remove('prepared');
    }
  });
}

/** A pod like those the policy is for; only asked about, never made. */
const PROBE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'probe-', labels: { 'put-before': 'yes' } },
  spec: { containers: [{ name: 'probe', image: 'probe' }] },
});

/** As a service mesh or a licence server does it: every pod with this label gets a container before the trainer. */
function initPolicy(): object {
  const name = 'put-before';
  const expression = `[JSONPatch{op: "add", path: "/spec/initContainers", value: [Object.spec.initContainers{
    name: "licence", image: object.spec.containers[0].image, imagePullPolicy: "Never",
    command: ["/usr/local/bin/node", "-e", "console.error('no licence'); process.exit(7)"],
    terminationMessagePolicy: "FallbackToLogsOnError"}]}]`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion,
        kind: 'MutatingAdmissionPolicy',
        metadata: { name },
        spec: {
          reinvocationPolicy: 'Never',
          matchConstraints: {
            resourceRules: [pods],
            objectSelector: { matchLabels: { 'put-before': 'yes' } },
          },
          mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
        },
      },
      { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } },
    ],
  };
}
