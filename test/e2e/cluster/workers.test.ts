/**
 * One job on several pods of real nodes: the numbers are those of one pod, and pods stay when a rank is lost. One run has a single
 * worker and is left alone; the others are compared with it.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunEvent } from '../../../trainer-image/run-folder/events.ts';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { killTrainer } from '../../support/cluster/kill-trainer.ts';
import { TrainingCluster, type SmallSpec } from '../../support/cluster/training-cluster.ts';

const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
/** On two cores that others use as well. */
const RUN_TIMEOUT_MS = 900_000;

// Longer than all that one test waits for.
jest.setTimeout(2_400_000);

/** One on each node. */
const threeWorkers =
  (name: string) =>
  (spec: SmallSpec): void => {
    const ofJob = { matchLabels: { 'training.multigrid.dev/job-name': name } };
    const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
    const template = { topologySpreadConstraints: [{ ...spread, labelSelector: ofJob }] };
    spec.workers = { ...spec.workers, replicas: 3, template };
  };

function lossesOf(events: readonly RunEvent[]): ReadonlyMap<number, number> {
  return new Map(
    events.flatMap((event): readonly (readonly [number, number])[] =>
      event.kind === 'step' ? [[event.iteration, event.loss]] : [],
    ),
  );
}

describeOnNodes('a job of three workers', () => {
  let place: TrainingCluster;

  beforeAll(async () => {
    place = await TrainingCluster.start(3);
    await place.apply('alone');
  });

  afterAll(() => place.down());

  /** Sums in another order differ in the last digits, and at a large learning rate that grows with every step. */
  async function expectLossesOfOne(name: string): Promise<void> {
    await place.complete('alone', RUN_TIMEOUT_MS);
    const [one, several] = [lossesOf(await place.events('alone')), lossesOf(await place.events(name))];
    expect([...several.keys()]).toEqual([...one.keys()]);
    for (const [iteration, loss] of [...one].slice(0, 5)) {
      expect(Math.abs((several.get(iteration) ?? Number.NaN) - loss) / loss).toBeLessThan(1e-5);
    }
  }

  test('trains on three nodes, with the losses of one worker, and all its pods end well', async () => {
    await place.apply('three', threeWorkers('three'));
    const job = await place.complete('three', RUN_TIMEOUT_MS);
    await expectLossesOfOne('three');
    const pods = await place.pods('three');
    expect(new Set(pods.map(({ node }) => node)).size).toBe(3);
    expect(pods.map(({ phase }) => phase)).toEqual(Array(3).fill('Succeeded'));
    expect(job.status?.restarts ?? 0).toBe(0);
  });

  test('goes on in the same pods when a rank is killed', async () => {
    await place.apply('hurt', threeWorkers('hurt'));
    await place.waitForEvent('hurt', 'a checkpoint', ({ kind }) => kind === 'checkpoint');
    const before = await place.pods('hurt');
    const steps = (await place.events('hurt')).filter(({ kind }) => kind === 'step').length;
    const killedMs = performance.now();
    await killTrainer(before.at(-1)?.uid ?? '');
    await place.waitForEvent(
      'hurt',
      'a step after that',
      (event) => event.kind === 'step' && event.iteration > steps,
    );
    process.stderr.write(`from SIGKILL of a rank to new steps: ${performance.now() - killedMs} ms\n`);
    const job = await place.complete('hurt', RUN_TIMEOUT_MS);
    // With as many workers the numbers are the same to the bit, whatever happened in between.
    await place.complete('three', RUN_TIMEOUT_MS);
    expect(lossesOf(await place.events('hurt'))).toEqual(lossesOf(await place.events('three')));
    expect((await place.pods('hurt')).map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
    expect(job.status?.restarts ?? 0).toBe(0);
  });
});
