/** Running statistics that lie with the workers that have the groups, in any number of workers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { makePhase, makePlan } from '../../../test/support/run/jobs.ts';
import { openSgdStore } from '../../../test/support/sgd-store.ts';
import { inWorkers, type SummingWorker } from '../../../test/support/workers-in-memory.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import type { BatchMoments } from '../../models/normalization-statistics.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { SOLO } from '../collective/solo.ts';
import { stepShare, type Worker, workerOf } from '../collective/step-share.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { TrainingState } from './training-state.ts';

const NETWORK = createNetwork(tinySlowFast);
const GROUPS = 5;
const PHASES = [makePhase(0, { groups: GROUPS, globalBatch: 20 }), makePhase(1, { groups: 4 })] as const;
const PLAN = makePlan(2, { phases: PHASES });
const STEPS = 3;

describe('the running statistics of several workers', () => {
  let engine: Engine;
  let store: ParameterStore;

  beforeAll(async () => {
    engine = await createEngine();
    store = await openSgdStore(engine, NETWORK);
  });

  afterAll(() => {
    store.dispose();
    engine.dispose();
  });

  /** A state as its steps leave it, each worker having taken its own groups of every step. */
  async function afterSteps(
    collective: SummingWorker,
    {
      from,
      acrossWorkers = 'Synchronize',
    }: Partial<Pick<Worker, 'acrossWorkers'>> & { from?: Checkpoint } = {},
  ): Promise<TrainingState> {
    const worker = workerOf(collective, { acrossWorkers });
    const state = await TrainingState.start({
      ...{ plan: PLAN, network: NETWORK, store, worker, collective },
      ...{ seed: 1, precision: 'float32', batchNormMomentum: 0.1, nowMs: () => 0 },
    });
    await (from === undefined ? state.beginPhase(PHASES[0]) : state.restore(from));
    const { groups } = stepShare(PHASES[0], PHASES[0], worker);
    for (let step = 0; step < STEPS; step += 1) {
      state.absorb(momentsOf(state.iteration, groups), groups);
      state.iteration += 1;
    }
    return state;
  }

  test.each([2, 3, 4, 5])(
    'are with %i of them, wherever they are looked at, those of one',
    async (workers) => {
      const alone = await afterSteps(SOLO);
      const expected = {
        population: await alone.population(),
        snapshot: (await alone.snapshot()).statistics,
      };
      const together = await inWorkers(workers, async (worker) => {
        const snapshot = (await (await afterSteps(worker)).snapshot()).statistics;
        return { population: await (await afterSteps(worker)).population(), snapshot };
      });
      expect(together).toEqual(together.map(() => expected));
      await alone.beginPhase(PHASES[1]);
      const entered = await inWorkers(workers > 4 ? 4 : workers, async (worker) => {
        const state = await afterSteps(worker);
        await state.beginPhase(PHASES[1]);
        return (await state.snapshot()).statistics;
      });
      const { statistics } = await alone.snapshot();
      expect(entered).toEqual(entered.map(() => statistics));
    },
  );

  test('go on from a checkpoint of other workers as if those had never changed', async () => {
    const alone = await afterSteps(SOLO, { from: await (await afterSteps(SOLO)).snapshot() });
    const [halfway] = await inWorkers(3, async (worker) => (await afterSteps(worker)).snapshot());
    const ends = await inWorkers(2, async (worker) =>
      (await afterSteps(worker, { from: halfway! })).snapshot(),
    );
    const { statistics } = await alone.snapshot();
    expect(ends.map((end) => end.statistics)).toEqual([statistics, statistics]);
    expect(ends.map(({ place }) => place.worldSize)).toEqual([2, 2]);
  });

  test('of a group of its own for each worker fit themselves to other workers', async () => {
    const acrossWorkers = 'Never';
    const [halfway] = await inWorkers(8, async (worker) =>
      (await afterSteps(worker, { acrossWorkers })).snapshot(),
    );
    expect([...halfway!.statistics.values()].every(({ groups }) => groups === 8)).toBe(true);
    const [end] = await inWorkers(6, async (worker) =>
      (await afterSteps(worker, { acrossWorkers, from: halfway! })).snapshot(),
    );
    expect([...end!.statistics.values()].every(({ groups }) => groups === 6)).toBe(true);
  });
});

/** Of some groups of a step: numbers that follow from step, layer, group and channel. */
function momentsOf(
  step: number,
  { first, count }: { readonly first: number; readonly count: number },
): ReadonlyMap<string, BatchMoments> {
  return new Map(
    NETWORK.normalizations.map(({ name, channels }, layer) => {
      const values = (offset: number): Float32Array =>
        Float32Array.from({ length: count * channels }, (_, index) => {
          return offset + Math.sin(step + 7 * layer + first * channels + index);
        });
      return [name, { mean: values(0), variance: values(2), valuesPerGroup: 64 }] as const;
    }),
  );
}
