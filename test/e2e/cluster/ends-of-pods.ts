/**
 * How pods end and what becomes of the job, as only real nodes show it: a container that somebody's policy puts beside the
 * trainer, a kubelet that evicts, rights that a person takes away. Tests of a cluster that the caller has.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test as alone } from '@jest/globals';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { TRAINER_IMAGE } from '../../support/cluster/project-images.ts';
import {
  isTraining,
  messageOf,
  neverDone,
  type SmallSpec,
  type TrainingCluster,
} from '../../support/cluster/training-cluster.ts';

/** Each test has a job of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
/** The machine may be busy. */
const PATIENCE_MS = 480_000;
const MARK = 'wants-a-proxy';

/** Puts a container into every pod of that label that runs on for ever and does not hear SIGTERM. */
const PROXY_POLICY = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: { name: add-proxy }
spec:
  matchConstraints:
    objectSelector: { matchLabels: { ${MARK}: 'true' } }
    resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
  failurePolicy: Fail
  reinvocationPolicy: Never
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: >
          [JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "proxy",
          image: "${TRAINER_IMAGE}", command: ["node", "-e", "setInterval(()=>{},1000)"]}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: { name: add-proxy }
spec: { policyName: add-proxy }
`;

/** @param placeOf - the cluster, once it is there */
export function testEndsOfPods(placeOf: () => TrainingCluster): void {
  const besideProxy = (spec: SmallSpec): void => {
    spec.workers = { ...spec.workers, template: { labels: { [MARK]: 'true' } } };
  };

  let proxies: Promise<void> | null = null;
  const addProxies = (): Promise<void> => (proxies ??= applyProxyPolicy());

  /** Waits until pods of that label get a second container: the API server takes a while to know of a policy. */
  async function applyProxyPolicy(): Promise<void> {
    const { cluster } = placeOf();
    await cluster.kubectl(['apply', '-f', '-'], PROXY_POLICY);
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe', labels: { [MARK]: 'true' } } },
      spec: { containers: [{ name: 'trainer', image: TRAINER_IMAGE }] },
    };
    const names = ['create', '--dry-run=server', '-o', 'jsonpath={.spec.containers[*].name}', '-f', '-'];
    await waitUntil(
      async () => ((await cluster.kubectl(names, JSON.stringify(pod))) === 'trainer proxy' ? true : null),
      { what: 'pods to get a proxy', timeoutMs: PATIENCE_MS, periodMs: 300 },
    );
  }

  async function podsGone(name: string): Promise<void> {
    await waitUntil(async () => ((await placeOf().pods(name)).length === 0 ? true : null), {
      what: `the pods of ${name} to be gone`,
      timeoutMs: PATIENCE_MS,
      periodMs: 300,
    });
  }

  test('beside whose trainer another container runs on is complete when its trainer is, and leaves no pod', async () => {
    const place = placeOf();
    await addProxies();
    await place.apply('beside', besideProxy);
    const job = await place.complete('beside', PATIENCE_MS);
    expect(job.status?.restarts).toBeUndefined();
    expect(await readFile(join(place.output('beside'), 'result.json'), 'utf8')).toContain('planHash');
    await podsGone('beside');
    expect((await place.job('beside')).status?.state).toBe('Complete');
    await place.remove('beside');
  });

  test('beside whose trainer another container runs on fails with the reason of its trainer, and leaves no pod', async () => {
    const place = placeOf();
    await addProxies();
    await place.apply('misled', (spec) => {
      besideProxy(spec);
      spec.data = { ...spec.data, train: 'nothere.csv' };
    });
    const job = await place.shows('misled', 'Failed DataUnreadable');
    expect(job.status?.lastFailure).toMatchObject({ exitCode: 65, reason: 'DataUnreadable' });
    await podsGone('misled');
    await place.remove('misled');
  });

  test('whose trainer loses its rights gets them back and goes on in the same pod', async () => {
    const place = placeOf();
    await place.apply('deprived', neverDone);
    const before = await place.waitFor('deprived', 'to train', isTraining);
    const [pod] = await place.pods('deprived');
    const iteration = before.status?.progress?.iteration ?? 0;
    await place.cluster.kubectl(['delete', 'rolebinding,role', 'deprived']);
    await place.waitFor(
      'deprived',
      'to report again',
      ({ status }) => (status?.progress?.iteration ?? 0) > iteration + 50,
    );
    await place.cluster.kubectl(['get', 'rolebinding,role', 'deprived']);
    const { status } = await place.job('deprived');
    expect(status?.restarts).toBeUndefined();
    expect(await place.pods('deprived')).toMatchObject([{ name: pod?.name }]);
    await place.remove('deprived');
  });

  test('whose trainer is evicted for what it writes, each time from the beginning, is given up with what to do', async () => {
    const place = placeOf();
    await place.apply('overfull', (spec) => {
      neverDone(spec);
      spec['volumes'] = { ...Object(spec['volumes']), output: { emptyDir: { sizeLimit: '100Ki' } } };
      spec['runPolicy'] = { backoffLimit: 1 };
    });
    const job = await place.shows('overfull', 'Failed BackoffLimitExceeded', PATIENCE_MS);
    const message = messageOf(job, 'Failed');
    expect(message).toContain('Evicted: Usage of EmptyDir volume "output" exceeds the limit "100Ki"');
    expect(message).toContain('raise the sizeLimit in spec.volumes.output');
    // One more where the first was evicted before it had told of a checkpoint.
    expect([1, 2]).toContain(job.status?.restarts);
    expect(job.status).toMatchObject({ retries: { failures: 2 }, lastFailure: { reason: 'Evicted' } });
    await place.remove('overfull');
  });
}
