/**
 * What keeps a job from training that only a kubelet, a process or a device can do to it: names of images, things that its
 * pod needs and that are not there, videos that are none, a trainer that hangs, GPUs that are not well. Each shows a typed
 * reason soon, and the job goes on when what was in the way is gone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findCondition, type StoredJob } from '../../../multigrid/object/job-object.ts';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { hangTrainer } from '../../support/cluster/hang-trainer.ts';
import { testEndsOfPods } from './ends-of-pods.ts';
import { neverDone, TrainingCluster, type SmallSpec } from '../../support/cluster/training-cluster.ts';

const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
/** The promise is half a minute; the machine may be busy. */
const SOON_MS = 240_000;
/** Longer than all that one test waits for. */
const TEST_MS = 1_500_000;
const CLASSES = 16;

type ConditionName = Parameters<typeof findCondition>[1];

const isTraining = ({ status }: StoredJob): boolean =>
  status?.state === 'Running' && status.progress?.state === 'Training';
const messageOf = (job: StoredJob, type: ConditionName): string =>
  findCondition(job.status?.conditions, type)?.message ?? '';

describeOnNodes('a job on real nodes', () => {
  let place: TrainingCluster;

  beforeAll(async () => {
    place = await TrainingCluster.start(2, 1);
  }, 1_800_000);

  afterAll(() => place.down());

  /** @param why - what is expected, e.g. `Stalled Unschedulable` */
  async function shows(name: string, why: `${ConditionName} ${string}`): Promise<StoredJob> {
    const startedMs = Date.now();
    let last: StoredJob | null = null;
    const found = await waitUntil(
      async () => {
        last = await place.job(name);
        const isThere = (last.status?.conditions ?? []).some(
          ({ type, status, reason }) => status === 'True' && `${type} ${reason}` === why,
        );
        return isThere ? last : null;
      },
      { what: `${name} to show ${why}`, timeoutMs: SOON_MS, periodMs: 300 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last?.status?.conditions)}`, { cause: error });
    });
    process.stderr.write(`${name}: ${why} after ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
    return found;
  }

  const workers = (spec: SmallSpec, change: object): void => {
    spec.workers = { ...spec.workers, ...change };
  };
  const remove = (name: string): Promise<string> => place.cluster.kubectl(['delete', 'mgtj', name]);

  test.each([
    ['misnamed', 'Not/A//Name', 'InvalidImageName'],
    ['unpulled', 'registry.invalid/no/such-trainer:1', 'ErrImageNeverPull'],
  ])(
    'whose image is %s says so in the words of the kubelet',
    async (name, image, said) => {
      await place.apply(name, (spec) => {
        workers(spec, { image, template: { imagePullPolicy: 'Never' } });
      });
      const job = await shows(name, 'Stalled ImagePullFailed');
      expect(messageOf(job, 'Stalled')).toContain(said);
      expect(messageOf(job, 'Stalled')).toContain(image);
      expect(await place.pods(name)).toHaveLength(1);
      await remove(name);
    },
    TEST_MS,
  );

  test(
    'whose environment needs a Secret that is not there names it, and starts when it is',
    async () => {
      const secretKeyRef = { name: 'tracker', key: 'token' };
      await place.apply('tracked', (spec) => {
        neverDone(spec);
        workers(spec, { template: { env: [{ name: 'TRACKER_TOKEN', valueFrom: { secretKeyRef } }] } });
      });
      const job = await shows('tracked', 'Stalled CreateContainerError');
      expect(messageOf(job, 'Stalled')).toContain('secret "tracker" not found');
      await place.cluster.kubectl(['create', 'secret', 'generic', 'tracker', '--from-literal=token=abc']);
      const { status } = await place.waitFor('tracked', 'to train', isTraining);
      expect(status?.restarts ?? 0).toBe(0);
      expect(await place.pods('tracked')).toHaveLength(1);
      await remove('tracked');
    },
    TEST_MS,
  );

  test(
    'whose volume is a Secret that is not there names it',
    async () => {
      await place.apply('unmounted', (spec) => {
        const volumes = [{ name: 'keys', secret: { secretName: 'no-such-keys' } }];
        workers(spec, { template: { volumes, volumeMounts: [{ name: 'keys', mountPath: '/keys' }] } });
      });
      const job = await shows('unmounted', 'Stalled VolumeNotMounted');
      expect(messageOf(job, 'Stalled')).toContain('secret "no-such-keys" not found');
      await remove('unmounted');
    },
    TEST_MS,
  );

  test(
    'whose container cannot be started says why, and gives up',
    async () => {
      await place.apply('unstartable', (spec) => {
        const volumes = [{ name: 'extra', emptyDir: {} }];
        const volumeMounts = [{ name: 'extra', mountPath: '/etc/passwd/extra' }]; // below a file
        workers(spec, { template: { volumes, volumeMounts } });
        spec['runPolicy'] = { backoffLimit: 1 };
      });
      const job = await shows('unstartable', 'Failed BackoffLimitExceeded');
      expect(job.status).toMatchObject({ restarts: 1, lastFailure: { reason: 'CreateContainerError' } });
      expect(job.status?.lastFailure?.message).toContain('/etc/passwd');
      await remove('unstartable');
    },
    TEST_MS,
  );

  test(
    'whose videos are all broken fails at once and names them',
    async () => {
      const path = join(place.cluster.sharedFolder, 'broken');
      await makeBrokenVideos(path);
      await place.apply('broken', (spec) => {
        const [train, val, test] = ['list.csv', 'list.csv', 'list.csv'];
        spec.data = { ...spec.data, train, val, test, classes: 'classes.txt' };
        spec['volumes'] = { ...Object(spec['volumes']), data: { hostPath: { path } } };
      });
      const job = await shows('broken', 'Failed TooManyBadVideos');
      expect(messageOf(job, 'Failed')).toContain('.mp4');
      expect(job.status?.lastFailure).toMatchObject({ exitCode: 65, reason: 'TooManyBadVideos' });
      expect(await place.pods('broken')).toHaveLength(1);
      await remove('broken');
    },
    TEST_MS,
  );

  test(
    'whose trainer hangs says so long before its deadline, and goes on in another pod after it',
    async () => {
      await place.apply('hanging', (spec) => {
        neverDone(spec);
        // As long as a healthy trainer may be silent on a busy machine.
        spec['runPolicy'] = { progressDeadlineSeconds: 45 };
      });
      await place.waitFor('hanging', 'to train', isTraining);
      const [pod] = await place.pods('hanging');
      await hangTrainer(pod?.name ?? '');
      const silent = await shows('hanging', 'Stalled TrainerSilent');
      expect(messageOf(silent, 'Stalled')).toContain(`${pod?.name} runs but has stopped reporting`);
      expect(silent.status?.restarts ?? 0).toBe(0);
      const job = await shows('hanging', 'Stalled ProgressDeadlineExceeded');
      expect(messageOf(job, 'Stalled')).toContain('no progress for progressDeadlineSeconds (45 s)');
      expect(job.status).toMatchObject({
        restarts: 1,
        lastFailure: { pod: pod?.name, reason: 'ProgressDeadlineExceeded' },
      });
      const after = await place.waitFor('hanging', 'to train again', isTraining);
      expect(findCondition(after.status?.conditions, 'Stalled')?.status).toBe('False');
      expect((await place.pods('hanging')).map(({ name }) => name)).not.toContain(pod?.name);
      await remove('hanging');
    },
    TEST_MS,
  );

  testEndsOfPods(() => place);

  const withGpu = (name: string): Promise<void> =>
    place.apply(name, (spec) => {
      neverDone(spec);
      workers(spec, { resources: { limits: { 'nvidia.com/gpu': 1 } } });
    });

  test(
    'that asks for a GPU gets one',
    async () => {
      await withGpu('with-gpu');
      await place.waitFor('with-gpu', 'to train', isTraining);
      const [pod] = await place.pods('with-gpu');
      const seen = ['exec', pod?.name ?? '', '--', 'printenv', 'NVIDIA_VISIBLE_DEVICES'];
      expect(await place.cluster.kubectl(seen)).toBe('GPU-0\n');
      await remove('with-gpu');
    },
    TEST_MS,
  );

  test(
    'that asks for a GPU says so when none is well, and starts when one is again',
    async () => {
      const { cluster } = place;
      const wellGpus = (count: string): Promise<true> =>
        waitUntil(
          async () => {
            const path = '{.items[*].status.allocatable.nvidia\\.com/gpu}';
            return (await cluster.kubectl(['get', 'nodes', '-o', `jsonpath=${path}`])) === count
              ? true
              : null;
          },
          { what: `${count} GPUs that are well`, timeoutMs: SOON_MS, periodMs: 300 },
        );
      const [first = '', second = ''] = cluster.nodes;
      await cluster.setGpuHealth(first, 0, false);
      await cluster.setGpuHealth(second, 0, false);
      await wellGpus('0 0');
      await withGpu('no-gpu');
      const job = await shows('no-gpu', 'Stalled Unschedulable');
      expect(messageOf(job, 'Stalled')).toContain('2 Insufficient nvidia.com/gpu');
      await cluster.setGpuHealth(second, 0, true);
      await place.waitFor('no-gpu', 'to train', isTraining);
      expect(await place.pods('no-gpu')).toMatchObject([{ node: second }]);
      await remove('no-gpu');
      await cluster.setGpuHealth(first, 0, true);
    },
    TEST_MS,
  );
});

/** A list that is right, of files that are no videos. */
async function makeBrokenVideos(folder: string): Promise<void> {
  await mkdir(folder);
  const names = Array.from({ length: 64 }, (_, index) => `video-${index}.mp4`);
  await Promise.all(names.map((name) => writeFile(join(folder, name), 'not a video')));
  const list = names.map((name, index) => `${name} ${index % CLASSES}\n`).join('');
  await writeFile(join(folder, 'list.csv'), list);
  const classes = Array.from({ length: CLASSES }, (_, index) => `class-${index}\n`).join('');
  await writeFile(join(folder, 'classes.txt'), classes);
}
