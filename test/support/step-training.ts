/**
 * Training steps of a network without a job around them. In: an engine, a network, and how steps are run. Out: store, step kit
 * and a step that is applied, for benches and for tests that compare how the same steps are run.
 */
import type { Engine } from '../../trainer-image/engine/engine.ts';
import type { Network, StepShape } from '../../trainer-image/models/network.ts';
import type { ParameterStore } from '../../trainer-image/train/parameters/parameter-store.ts';
import type { StepSettings } from '../../trainer-image/train/steps/shape-runner.ts';
import { StepKit } from '../../trainer-image/train/steps/step-kit.ts';
import type { StepOutcome } from '../../trainer-image/train/steps/step.ts';
import { openSgdStore, updateAfter } from './sgd-store.ts';
import { brightnessBatch } from './step-batches.ts';

/** Steps, unless told otherwise: on one core, in micro-batches of any size. */
export interface StepTrainingOptions extends Partial<Omit<StepSettings, 'engine' | 'network' | 'store'>> {
  readonly learningRate: number;
  readonly lossScale?: number;
}

export interface StepTraining {
  readonly store: ParameterStore;
  readonly kit: StepKit;
  /** One step on a batch of noise in which the class can be seen; applied when its numbers are finite. */
  readonly step: (shape: StepShape, iteration: number) => Promise<StepOutcome>;
  readonly dispose: () => Promise<void>;
}

export async function startStepTraining(
  engine: Engine,
  network: Network,
  { learningRate, lossScale = 1, cores = 1, microBatch = 0, seed = 1, ...settings }: StepTrainingOptions,
): Promise<StepTraining> {
  const store = await openSgdStore(engine, network, { cores });
  await store.write({ parameters: network.initialValues(seed) });
  const kit = new StepKit({ ...settings, ...{ engine, network, store, cores, microBatch, seed } });
  return {
    store,
    kit,
    step: async (shape, iteration) => {
      const runner = await kit.runner(shape);
      const batch = brightnessBatch({ ...shape, classes: network.numClasses }, iteration);
      const outcome = await runner.run(batch, iteration, { lossScale });
      if (outcome.isFinite) {
        await updateAfter(runner, store, learningRate);
      }
      return outcome;
    },
    dispose: async () => {
      await kit.dispose();
      store.dispose();
    },
  };
}
