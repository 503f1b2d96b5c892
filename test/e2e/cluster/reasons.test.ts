/**
 * What a job says when something is wrong that only a real node can do to it: images, memory, crashes, a node that is
 * gone, data, numbers. Each shows a typed reason soon, with the last lines of the log where there is one.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findCondition, type StoredJob } from '../../../multigrid/object/job-object.ts';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { neverDone, TrainingCluster } from '../../support/cluster/training-cluster.ts';

const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
/** The promise is half a minute; the machine may be busy. */
const SOON_MS = 240_000;
/** Longer than all that one test waits for. */
const TEST_MS = 1_500_000;

const holds = (job: StoredJob, type: Parameters<typeof findCondition>[1], reason: string): boolean => {
  const condition = findCondition(job.status?.conditions, type);
  return condition?.status === 'True' && condition.reason === reason;
};

describeOnNodes('a job on real nodes', () => {
  let place: TrainingCluster;

  beforeAll(async () => {
    place = await TrainingCluster.start(2);
  }, 1_800_000);

  afterAll(() => place.down());

  async function shows(
    name: string,
    type: Parameters<typeof findCondition>[1],
    reason: string,
  ): Promise<StoredJob> {
    const startedMs = Date.now();
    let last: StoredJob | null = null;
    const found = await waitUntil(
      async () => {
        last = await place.job(name);
        return holds(last, type, reason) ? last : null;
      },
      { what: `${name} to show ${type} ${reason}`, timeoutMs: SOON_MS, periodMs: 300 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last?.status?.conditions)}`, { cause: error });
    });
    process.stderr.write(`${reason} after ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
    return found;
  }

  /** The API server takes up to some seconds to act by a new policy. */
  async function untilPolicyActs(): Promise<void> {
    const ask = ['create', '--dry-run=server', '-f', '-', '-o', 'jsonpath={.spec.initContainers[*].name}'];
    await waitUntil(async () => ((await place.cluster.kubectl(ask, PROBE)) === 'licence' ? true : null), {
      what: 'the policy to act',
      timeoutMs: SOON_MS,
    });
  }

  const messageOf = (job: StoredJob, type: Parameters<typeof findCondition>[1]): string =>
    findCondition(job.status?.conditions, type)?.message ?? '';
  const remove = (name: string): Promise<string> => place.cluster.kubectl(['delete', 'mgtj', name]);

  test(
    'whose image does not exist says so, and starts when the image is mended',
    async () => {
      await place.apply('no-image', (spec) => {
        spec.workers = { ...spec.workers, image: 'registry.invalid/no/such-trainer:1' };
      });
      const job = await shows('no-image', 'Stalled', 'ImagePullFailed');
      expect(messageOf(job, 'Stalled')).toContain('registry.invalid/no/such-trainer:1');
      expect(await place.pods('no-image')).toHaveLength(1);
      await place.apply('no-image');
      await place.waitFor('no-image', 'a report', ({ status }) => status?.progress !== undefined);
      await remove('no-image');
    },
    TEST_MS,
  );

  test(
    'whose trainer crashes while it comes up shows its last lines',
    async () => {
      await place.apply('crashing', (spec) => {
        // An empty volume hides the program: Node ends with its own words.
        const template = {
          volumes: [{ name: 'nothing', emptyDir: {} }],
          volumeMounts: [{ name: 'nothing', mountPath: '/app/trainer-image' }],
        };
        spec.workers = { ...spec.workers, template };
        spec['runPolicy'] = { backoffLimit: 0 };
      });
      const job = await shows('crashing', 'Failed', 'BackoffLimitExceeded');
      expect(job.status?.lastFailure).toMatchObject({ container: 'trainer', exitCode: 1 });
      expect(job.status?.lastFailure?.message).toContain("Cannot find module '/app/trainer-image/main.ts'");
      await remove('crashing');
    },
    TEST_MS,
  );

  test(
    'whose trainer is killed at its memory limit says so, and tries again',
    async () => {
      await place.apply('greedy', (spec) => {
        spec.workers = { ...spec.workers, resources: { limits: { memory: '48Mi' } } };
      });
      const job = await shows('greedy', 'Restarting', 'OutOfMemory');
      expect(job.status).toMatchObject({ lastFailure: { exitCode: 137, reason: 'OutOfMemory' } });
      // Once when it is seen in time; it goes on failing.
      expect(job.status?.restarts).toBeGreaterThanOrEqual(1);
      await remove('greedy');
    },
    TEST_MS,
  );

  test(
    'into whose pod somebody puts an init container that fails says which, with its last lines',
    async () => {
      await place.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(initPolicy()));
      try {
        await untilPolicyActs();
        await place.apply('prepared', (spec) => {
          spec['runPolicy'] = { backoffLimit: 0 };
          spec.workers = { ...spec.workers, template: { labels: { 'put-before': 'yes' } } };
        });
        const job = await shows('prepared', 'Failed', 'BackoffLimitExceeded');
        expect(job.status?.lastFailure).toMatchObject({ reason: 'InitFailed', exitCode: 7 });
        expect(job.status?.lastFailure?.message).toContain('no licence');
      } finally {
        await place.cluster.kubectl(
          ['delete', '-f', '-', '--ignore-not-found'],
          JSON.stringify(initPolicy()),
        );
        await remove('prepared');
      }
    },
    TEST_MS,
  );

  test(
    'whose list of videos is not there fails with the reason of the trainer',
    async () => {
      await place.apply('no-data', (spec) => {
        spec.data = { ...spec.data, train: 'nowhere/train.csv' };
      });
      const job = await shows('no-data', 'Failed', 'DataUnreadable');
      expect(messageOf(job, 'Failed')).toContain('nowhere/train.csv');
      expect(await place.pods('no-data')).toHaveLength(1);
      await remove('no-data');
    },
    TEST_MS,
  );

  test(
    'whose loss is no number any more fails with the reason of the trainer',
    async () => {
      await place.apply('exploding', (spec) => {
        spec.recipe = { ...spec.recipe, learningRate: '900000000', warmup: { epochs: '0' } };
      });
      await shows('exploding', 'Failed', 'LossNotFinite');
      await remove('exploding');
    },
    TEST_MS,
  );

  test(
    'whose node is gone says so, and goes on in another pod when the node is back',
    async () => {
      await place.apply('stranded', neverDone);
      await place.waitFor('stranded', 'a step', ({ status }) => status?.progress?.state === 'Training');
      const [pod] = await place.pods('stranded');
      await place.cluster.crashNode(pod?.node ?? '');
      try {
        const job = await shows('stranded', 'Stalled', 'NodeLost');
        expect(messageOf(job, 'Stalled')).toContain(pod?.node ?? '-');
      } finally {
        await place.cluster.reviveNode(pod?.node ?? '');
      }
      // The node answers again before its kubelet has seen that the container is gone: for that moment all seems well.
      await waitUntil(
        async () => ((await place.pods('stranded')).some(({ name }) => name !== pod?.name) ? true : null),
        { what: 'another pod', timeoutMs: SOON_MS },
      );
      const job = await place.waitFor(
        'stranded',
        'to train again',
        ({ status }) => status?.progress?.state === 'Training' && status.state === 'Running',
      );
      expect(job.status?.restarts ?? 0).toBe(0);
      await remove('stranded');
    },
    TEST_MS,
  );
});

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
