/**
 * Training with parameters on the device, on the processor's device: the calls are those of a GPU, only the name of the
 * memory differs. The arena is the judge: both give the same bits.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { brightnessBatch } from '../../../test/support/step-batches.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Engine, UpdateSettings } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import { Evaluator } from '../evaluation/evaluate.ts';
import { gradientSetsOf } from '../memory/share-machine.ts';
import { StepKit } from '../steps/step-kit.ts';
import { ArenaStore } from './arena-store.ts';
import { DeviceStore } from './device-store.ts';
import type { ParameterStore } from './parameter-store.ts';

const SHAPE = { clips: 8, frames: 8, cropSize: 20, classes: tinySlowFast.numClasses };
const NETWORK = createNetwork({ ...tinySlowFast, zeroInitFinalGamma: false });
const SLOTS = NETWORK.parameters.map(({ name, dims, decay }) => ({ name, dims, decay }));
const UPDATE: Omit<UpdateSettings, 'lanes' | 'gradientScale'> = {
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-3,
};

describe('a store on the device', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await createEngine();
  });

  afterAll(() => {
    // Refuses while a session or a block of memory is left.
    engine.dispose();
  });

  const arenaStore = (sets: number): ArenaStore => new ArenaStore(engine.createArena(SLOTS, sets));
  const deviceStore = (sets: number): Promise<DeviceStore> => DeviceStore.create(engine, SLOTS, sets);

  async function trained(
    store: ParameterStore,
    cores: number,
    microBatch: number,
    nesterov = true,
  ): Promise<ParameterStore> {
    await store.write({ parameters: NETWORK.initialValues(3), momenta: new Map() });
    const kit = new StepKit({ engine, network: NETWORK, store, cores, microBatch, seed: 3 });
    for (let iteration = 0; iteration < 4; iteration += 1) {
      const runner = await kit.runner({ ...SHAPE, groups: 4 });
      await runner.run(brightnessBatch(SHAPE, iteration), iteration);
      const { gradientScale, lanes } = runner;
      await store.update({ ...UPDATE, nesterov, gradientScale, lanes });
    }
    await kit.dispose();
    return store;
  }

  test.each([
    ['one run a step', 1, 0, true],
    ['micro-batches that accumulate, plain momentum', 1, 2, false],
    ['two lanes', 2, 0, true],
  ] as const)('trains to the bits of the arena with %s', async (_, cores, microBatch, nesterov) => {
    const sets = gradientSetsOf(cores);
    const expected = await trained(arenaStore(sets), cores, microBatch, nesterov);
    const store = await trained(await deviceStore(sets), cores, microBatch, nesterov);
    expect(await store.read()).toEqual(await expected.read());
    await store.dispose();
  });

  test('gives back what was written, momenta that were left out as zeros', async () => {
    const store = await deviceStore(1);
    const parameters = NETWORK.initialValues(1);
    await store.write({ parameters, momenta: NETWORK.initialValues(2) });
    expect(await store.read()).toEqual({ parameters, momenta: NETWORK.initialValues(2) });
    await store.write({ parameters, momenta: new Map() });
    const { momenta } = await store.read();
    expect([...momenta.values()].every((values) => values.every((value) => value === 0))).toBe(true);
    await store.dispose();
  });

  test('is what evaluation reads its parameters from', async () => {
    const score = async (store: ParameterStore): Promise<number> => {
      await store.write({ parameters: NETWORK.initialValues(5), momenta: new Map() });
      const evaluator = new Evaluator({ engine, network: NETWORK, store, cores: 1, lanes: 1 });
      const statistics = NETWORK.initialStatistics();
      const population = {
        means: new Map([...statistics].map(([name, { mean }]) => [name, mean])),
        variances: new Map([...statistics].map(([name, { variance }]) => [name, variance])),
      };
      const batches = (async function* () {
        yield await Promise.resolve(brightnessBatch(SHAPE, 0));
      })();
      const { loss } = await evaluator.evaluate(batches, SHAPE, population, new AbortController().signal);
      return loss;
    };
    const store = await deviceStore(1);
    expect(await score(store)).toBe(await score(arenaStore(1)));
    await store.dispose();
  });

  test('names a parameter or gradient set that it does not hold', async () => {
    const store = await deviceStore(1);
    expect(() => store.parameter('nowhere')).toThrow('no parameter "nowhere"');
    expect(() => store.gradient(1, SLOTS[0]!.name)).toThrow('no gradient set 1');
    await store.dispose();
  });
});
