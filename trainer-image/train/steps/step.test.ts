import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyTensor, vector } from '../../../test/support/copy-tensor.ts';
import { openSgdStore, updateAfter } from '../../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../../test/support/step-batches.ts';
import type { ClipBatch } from '../../data/clip-request.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import type { Network } from '../../models/network.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { StepKit } from './step-kit.ts';
import type { StepOutcome } from './step.ts';

const SHAPE = { clips: 8, groups: 4, frames: 4, cropSize: 16 };

const batchOf = (iteration: number): ClipBatch => brightnessBatch({ ...SHAPE, classes: 3 }, iteration);

interface Bench {
  readonly store: ParameterStore;
  readonly kit: StepKit;
}

describe('a training step', () => {
  let engine: Engine;
  let network: Network;
  const kits: StepKit[] = [];
  const stores: ParameterStore[] = [];

  beforeAll(async () => {
    engine = await createEngine();
    network = createNetwork({
      family: 'slowfast',
      numClasses: 3,
      dropout: 0.3,
      width: 8,
      blocks: [1, 1],
      expansion: 2,
      stemKernel: 3,
      alpha: 2,
      betaInv: 2,
      fusionKernel: 3,
      zeroInitFinalGamma: false,
    });
  });

  afterAll(async () => {
    await Promise.all(kits.map((kit) => kit.dispose()));
    stores.forEach((store) => {
      store.dispose();
    });
    engine.dispose();
  });

  async function bench(cores: number, microBatch: number): Promise<Bench> {
    const store = await openSgdStore(engine, network, { cores });
    stores.push(store);
    await store.write({ parameters: network.initialValues(3) });
    const kit = new StepKit({
      engine,
      network,
      store,
      cores,
      microBatch,
      recompute: 'Never',
      seed: 3,
    });
    kits.push(kit);
    return { store, kit };
  }

  async function trainSteps({ store, kit }: Bench, from: number, to: number): Promise<StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    for (let iteration = from; iteration < to; iteration += 1) {
      const runner = await kit.runner(SHAPE);
      const outcome = await runner.run(batchOf(iteration), iteration);
      outcomes.push({ ...outcome, statistics: new Map(outcome.statistics) });
      await updateAfter(runner, store, 0.05);
    }
    return outcomes;
  }

  async function parametersOf({ store }: Bench): Promise<number[]> {
    const { parameters } = await store.read();
    return network.parameters.flatMap(({ name }) => [...parameters.get(name)!]);
  }

  function largestDifference(a: readonly number[], b: readonly number[]): number {
    return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
  }

  test('gives the same numbers in one run, in two lanes, and in micro-batches that accumulate', async () => {
    const whole = await bench(1, 0);
    const lanes = await bench(2, 0);
    const accumulated = await bench(1, 2);
    const expected = await trainSteps(whole, 0, 4);
    const inLanes = await trainSteps(lanes, 0, 4);
    const inMicroBatches = await trainSteps(accumulated, 0, 4);
    for (const [i, { loss, correct }] of expected.entries()) {
      expect(Math.abs(inLanes[i]!.loss - loss)).toBeLessThan(1e-6 * Math.max(1, loss));
      expect(Math.abs(inMicroBatches[i]!.loss - loss)).toBeLessThan(1e-5 * Math.max(1, loss));
      expect(inLanes[i]!.correct).toBe(correct);
    }
    expect(largestDifference(await parametersOf(lanes), await parametersOf(whole))).toBeLessThan(1e-5);
    expect(largestDifference(await parametersOf(accumulated), await parametersOf(whole))).toBeLessThan(1e-5);
  });

  test('is the same to the last bit when it is repeated', async () => {
    const first = await bench(2, 0);
    const second = await bench(2, 0);
    await trainSteps(first, 0, 3);
    await trainSteps(second, 0, 3);
    expect(await parametersOf(second)).toEqual(await parametersOf(first));
  });

  test('learns: the loss falls on clips whose class can be seen', async () => {
    const outcomes = await trainSteps(await bench(2, 0), 0, 40);
    const mean = (part: readonly StepOutcome[]): number =>
      part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(outcomes.slice(-5))).toBeLessThan(0.5 * mean(outcomes.slice(0, 5)));
  });

  test.each([0, 2])(
    'tells gradients that are not finite behind a loss that is, with micro-batches of %i clips',
    async (microBatch) => {
      const { store, kit } = await bench(1, microBatch);
      const runner = await kit.runner(SHAPE);
      expect((await runner.run(batchOf(0), 0)).isFinite).toBe(true);
      // Logits that the loss can still bear, and small weights before batch norm, whose gradients are the larger.
      const { parameters } = await store.read();
      for (const { name, dims } of network.parameters.filter(({ decay }) => decay)) {
        const values = parameters.get(name)!;
        values.set(values.map((value) => value * (dims[0] === network.numClasses ? 1e39 : 1e-3)));
      }
      await store.write({ parameters });
      const { loss, isFinite } = await runner.run(batchOf(0), 0);
      expect(Number.isFinite(loss)).toBe(true);
      const { tensor, length } = await store.gradientBlock(1, 1);
      const gradients = new Float32Array(length);
      await copyTensor(engine, tensor, vector(gradients));
      expect(gradients.every((value) => Number.isFinite(value))).toBe(false);
      expect(isFinite).toBe(false);
    },
  );

  test('reports statistics for every group of every batch norm', async () => {
    const { kit } = await bench(2, 0);
    const runner = await kit.runner(SHAPE);
    const { statistics } = await runner.run(batchOf(0), 0);
    for (const { name, channels } of network.normalizations) {
      const { mean, variance, valuesPerGroup } = statistics.get(name)!;
      expect(mean).toHaveLength(SHAPE.groups * channels);
      expect(variance.every((value) => value >= 0)).toBe(true);
      expect(variance.some((value) => value > 0)).toBe(true);
      expect(valuesPerGroup).toBeGreaterThan(0);
    }
  });
});
