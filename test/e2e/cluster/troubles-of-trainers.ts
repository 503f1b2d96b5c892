/**
 * What goes wrong in a trainer that has started, on real nodes: crashes, memory, data, numbers, a process that hangs. Each
 * shows a typed reason soon, with the last lines of the log where there is one. Tests of a cluster that the caller has.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test as alone } from '@jest/globals';
import { LIFE } from '../../../multigrid/contract/timings.ts';
import { findCondition } from '../../../multigrid/object/job-object.ts';
import { hangTrainer } from '../../support/cluster/hang-trainer.ts';
import {
  isTraining,
  messageOf,
  neverDone,
  type TrainingCluster,
} from '../../support/cluster/training-cluster.ts';

/** Each test has a job of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const CLASSES = 16;

/** @param placeOf - the cluster, once it is there */
export function testTroublesOfTrainers(placeOf: () => TrainingCluster): void {
  test('whose trainer crashes while it comes up shows its last lines', async () => {
    const place = placeOf();
    await place.apply('crashing', (spec) => {
      // An empty volume hides the program: Node ends with its own words.
      const template = {
        volumes: [{ name: 'nothing', emptyDir: {} }],
        volumeMounts: [{ name: 'nothing', mountPath: '/app/trainer-image' }],
      };
      spec.workers = { ...spec.workers, template };
      spec['runPolicy'] = { backoffLimit: 0 };
    });
    const job = await place.shows('crashing', 'Failed BackoffLimitExceeded');
    expect(job.status?.lastFailure).toMatchObject({ container: 'trainer', exitCode: 1 });
    expect(job.status?.lastFailure?.message).toContain("Cannot find module '/app/trainer-image/main.ts'");
    await place.remove('crashing');
  });

  test('whose trainer is killed at its memory limit says so, and tries again', async () => {
    const place = placeOf();
    await place.apply('greedy', (spec) => {
      spec.workers = { ...spec.workers, resources: { limits: { memory: '48Mi' } } };
    });
    const job = await place.shows('greedy', 'Restarting OutOfMemory');
    expect(job.status).toMatchObject({ lastFailure: { exitCode: 137, reason: 'OutOfMemory' } });
    // Once when it is seen in time; it goes on failing.
    expect(job.status?.restarts).toBeGreaterThanOrEqual(1);
    await place.remove('greedy');
  });

  test('whose list of videos is not there fails with the reason of the trainer', async () => {
    const place = placeOf();
    await place.apply('no-data', (spec) => {
      spec.data = { ...spec.data, train: 'nowhere/train.csv' };
    });
    const job = await place.shows('no-data', 'Failed DataUnreadable');
    expect(messageOf(job, 'Failed')).toContain('nowhere/train.csv');
    expect(await place.pods('no-data')).toHaveLength(1);
    await place.remove('no-data');
  });

  test('whose videos are all broken fails at once and names them', async () => {
    const place = placeOf();
    const path = join(place.cluster.sharedFolder, 'broken');
    await makeBrokenVideos(path);
    await place.apply('broken', (spec) => {
      const [train, val, test] = ['list.csv', 'list.csv', 'list.csv'];
      spec.data = { ...spec.data, train, val, test, classes: 'classes.txt' };
      spec['volumes'] = { ...Object(spec['volumes']), data: { hostPath: { path } } };
    });
    const job = await place.shows('broken', 'Failed TooManyBadVideos');
    expect(messageOf(job, 'Failed')).toContain('.mp4');
    expect(job.status?.lastFailure).toMatchObject({ exitCode: 65, reason: 'TooManyBadVideos' });
    expect(await place.pods('broken')).toHaveLength(1);
    await place.remove('broken');
  });

  test('whose loss is no number any more fails with the reason of the trainer', async () => {
    const place = placeOf();
    await place.apply('exploding', (spec) => {
      spec.recipe = { ...spec.recipe, learningRate: '900000000', warmup: { epochs: '0' } };
    });
    await place.shows('exploding', 'Failed LossNotFinite');
    await place.remove('exploding');
  });

  test('whose trainer hangs says so long before its deadline, and goes on in another pod after it', async () => {
    const place = placeOf();
    await place.apply('hanging', (spec) => {
      neverDone(spec);
      // As long as a healthy trainer may be silent on a busy machine.
      spec['runPolicy'] = { progressDeadlineSeconds: 45 };
    });
    await place.waitFor('hanging', 'to train', isTraining);
    const [pod] = await place.pods('hanging');
    await hangTrainer(pod?.name ?? '');
    const silent = await place.shows('hanging', 'Stalled TrainerSilent');
    expect(messageOf(silent, 'Stalled')).toContain(`${pod?.name} runs but has stopped reporting`);
    expect(silent.status?.restarts ?? 0).toBe(0);
    const job = await place.shows('hanging', 'Stalled ProgressDeadlineExceeded');
    expect(messageOf(job, 'Stalled')).toContain('no progress for progressDeadlineSeconds (45 s)');
    expect(job.status).toMatchObject({
      restarts: 1,
      lastFailure: { pod: pod?.name, reason: 'ProgressDeadlineExceeded' },
    });
    const after = await place.waitFor('hanging', 'to train again', isTraining);
    expect(findCondition(after.status?.conditions, 'Stalled')?.status).toBe('False');
    expect((await place.pods('hanging')).map(({ name }) => name)).not.toContain(pod?.name);
    await place.remove('hanging');
  });

  test('whose trainer is slow to start is not silent, and one that hangs for a while says so only then', async () => {
    const place = placeOf();
    const whenSilent = ['--field-selector=involvedObject.name=pausing,reason=TrainerSilent', '-o', 'name'];
    await place.apply('pausing', neverDone);
    const pod = await place.waitForPod('pausing', 'that runs', ({ phase }) => phase === 'Running');
    const start = await hangTrainer(pod.name);
    await sleep(LIFE.silenceMs + LIFE.probeMs);
    expect(await place.cluster.kubectl(['get', 'events', ...whenSilent])).toBe('');
    start();
    await place.waitFor('pausing', 'to train', isTraining);
    await place.waitForPod('pausing', 'that answers its kubelet', ({ isReady }) => isReady);
    const goOn = await hangTrainer(pod.name);
    await place.shows('pausing', 'Stalled TrainerSilent');
    goOn();
    const job = await place.waitFor(
      'pausing',
      'to be well again',
      ({ status }) => findCondition(status?.conditions, 'Stalled')?.status === 'False',
    );
    expect(job.status?.restarts ?? 0).toBe(0);
    expect(await place.pods('pausing')).toMatchObject([{ name: pod.name }]);
    await place.remove('pausing');
  });
}

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
