/**
 * One network's training on the bench's device: parameters in a device store, steps by the trainer's own kit, batches of
 * noise. In: an engine, a network's spec, a precision. Out: `step()` and the parts to look into. Used by the checks and
 * the timings of `gpu.bench.ts`.
 */
import type { Engine, ParameterSlot } from '../../../trainer-image/engine/engine.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import type { GraphOptions, Network, NetworkSpec } from '../../../trainer-image/models/network.ts';
import { DeviceStore } from '../../../trainer-image/train/parameters/device-store.ts';
import type { ParameterStore } from '../../../trainer-image/train/parameters/parameter-store.ts';
import { gradientSetsOf } from '../../../trainer-image/train/memory/share-machine.ts';
import { StepKit } from '../../../trainer-image/train/steps/step-kit.ts';
import { brightnessBatch } from '../../support/step-batches.ts';

export const UPDATE = { learningRate: 1e-3, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };
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

export function slotsOf(network: Network): readonly ParameterSlot[] {
  return network.parameters.map(({ name, dims, decay }) => ({ name, dims, decay }));
}

/** @param store - where parameters live; on the engine's device when left out. */
export async function startTraining(
  engine: Engine,
  spec: NetworkSpec,
  graphs: GraphOptions,
  given?: ParameterStore,
): Promise<Training> {
  const network = createNetwork(spec);
  const store = given ?? (await DeviceStore.create(engine, slotsOf(network), gradientSetsOf(1)));
  await store.write({ parameters: network.initialValues(1), momenta: new Map() });
  const kit = new StepKit({ engine, network, store, cores: 1, microBatch: 0, seed: 1, graphs });
  return {
    network,
    store,
    step: async (shape, iteration) => {
      const runner = await kit.runner(shape);
      const batch = brightnessBatch({ ...shape, classes: network.numClasses }, iteration);
      const { loss, isFinite } = await runner.run(batch, iteration, { lossScale: LOSS_SCALE });
      if (isFinite) {
        const { gradientScale, lanes } = runner;
        await store.update({ ...UPDATE, gradientScale, lanes });
      }
      return loss;
    },
    dispose: async () => {
      await kit.dispose();
      await store.dispose();
    },
  };
}
