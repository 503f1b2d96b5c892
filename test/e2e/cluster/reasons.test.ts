/**
 * What a job says and does when something is wrong that only real nodes can do to it: to the start of its pod, to its trainer,
 * to how the pod ends, to nodes and their GPUs. One cluster for all: what waits, waits at once; what takes a node away comes
 * last and alone.
 */
import { afterAll, beforeAll, describe, expect, jest, test as alone } from '@jest/globals';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import {
  isTraining,
  messageOf,
  neverDone,
  SOON_MS,
  TrainingCluster,
} from '../../support/cluster/training-cluster.ts';
import { testEndsOfPods } from './ends-of-pods.ts';
import { testStartsOfPods } from './starts-of-pods.ts';
import { testTroublesOfTrainers } from './troubles-of-trainers.ts';

/** Each test has a job of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
// Longer than all that one test waits for.
jest.setTimeout(1_800_000);

describeOnNodes('a job on real nodes', () => {
  let place: TrainingCluster;

  beforeAll(async () => {
    place = await TrainingCluster.start(2, 1);
  });

  afterAll(() => place.down());

  testEndsOfPods(() => place);
  testTroublesOfTrainers(() => place);
  testStartsOfPods(() => place);

  const withGpu = (name: string): Promise<void> =>
    place.apply(name, (spec) => {
      neverDone(spec);
      spec.workers = { ...spec.workers, resources: { limits: { 'nvidia.com/gpu': 1 } } };
    });

  test('that asks for a GPU gets one, says so when none is well, and starts when one is again', async () => {
    await gpuIsSeen();
    await gpusFail();
  });

  async function gpuIsSeen(): Promise<void> {
    await withGpu('with-gpu');
    await place.waitFor('with-gpu', 'to train', isTraining);
    const [pod] = await place.pods('with-gpu');
    const seen = ['exec', pod?.name ?? '', '--', 'printenv', 'NVIDIA_VISIBLE_DEVICES'];
    expect(await place.cluster.kubectl(seen)).toBe('GPU-0\n');
    await place.remove('with-gpu');
  }

  async function gpusFail(): Promise<void> {
    const { cluster } = place;
    const wellGpus = (count: string): Promise<true> =>
      waitUntil(
        async () => {
          const path = '{.items[*].status.allocatable.nvidia\\.com/gpu}';
          return (await cluster.kubectl(['get', 'nodes', '-o', `jsonpath=${path}`])) === count ? true : null;
        },
        { what: `${count} GPUs that are well`, timeoutMs: SOON_MS, periodMs: 300 },
      );
    const [first = '', second = ''] = cluster.nodes;
    await cluster.setGpuHealth(first, 0, false);
    await cluster.setGpuHealth(second, 0, false);
    await wellGpus('0 0');
    await withGpu('no-gpu');
    const job = await place.shows('no-gpu', 'Stalled Unschedulable');
    expect(messageOf(job, 'Stalled')).toContain('2 Insufficient nvidia.com/gpu');
    await cluster.setGpuHealth(second, 0, true);
    await place.waitFor('no-gpu', 'to train', isTraining);
    expect(await place.pods('no-gpu')).toMatchObject([{ node: second }]);
    await place.remove('no-gpu');
    await cluster.setGpuHealth(first, 0, true);
  }

  alone('whose node is gone says so, and goes on in another pod when the node is back', async () => {
    await place.apply('stranded', neverDone);
    await place.waitFor('stranded', 'a step', ({ status }) => status?.progress?.state === 'Training');
    const [pod] = await place.pods('stranded');
    await place.cluster.crashNode(pod?.node ?? '');
    try {
      const job = await place.shows('stranded', 'Stalled NodeLost');
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
    await place.remove('stranded');
  });
});
