/**
 * One network's training on the bench's device: parameters in a device store, steps by the trainer's own kit, batches of
 * noise. In: an engine, a network's spec, a precision. Out: `step()` and the parts to look into. Used by the checks and
 * the timings of `gpu.bench.ts`.
 */
import type { Engine } from '../../../trainer-image/engine/engine.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import type { GraphOptions, Network, NetworkSpec } from '../../../trainer-image/models/network.ts';
import type { ParameterStore } from '../../../trainer-image/train/parameters/parameter-store.ts';
import { StepKit } from '../../../trainer-image/train/steps/step-kit.ts';
import { openSgdStore, updateAfter } from '../../support/sgd-store.ts';
import { brightnessBatch } from '../../support/step-batches.ts';

const LEARNING_RATE = 1e-3;
export const LOSS_SCALE = 1024;

export interface BenchShape {
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly groups: number;
}

export interface Training {
  readonly network: Network;
  readonly store: ParameterStore;
  readonly step: (shape: BenchShape, iteration: number) => Promise<number>;
  readonly dispose: () => Promise<void>;
}

export async function startTraining(
  engine: Engine,
  spec: NetworkSpec,
  graphs: GraphOptions,
): Promise<Training> {
  const network = createNetwork(spec);
  const store = await openSgdStore(engine, network);
  await store.write({ parameters: network.initialValues(1) });
  const kit = new StepKit({ engine, network, store, cores: 1, microBatch: 0, seed: 1, graphs });
  return {
    network,
    store,
    step: async (shape, iteration) => {
      const runner = await kit.runner(shape);
      const batch = brightnessBatch({ ...shape, classes: network.numClasses }, iteration);
      const { loss, isFinite } = await runner.run(batch, iteration, { lossScale: LOSS_SCALE });
      if (isFinite) {
        await updateAfter(runner, store, LEARNING_RATE);
      }
      return loss;
    },
    dispose: async () => {
      await kit.dispose();
      store.dispose();
    },
  };
}
