/**
 * Parameters under SGD for tests of steps. In: an engine and a network. Out: an open store, and the update after a step as the
 * trainer does it for one worker.
 */
import type { Engine } from '../../trainer-image/engine/engine.ts';
import type { Network } from '../../trainer-image/models/network.ts';
import { gradientSetsOf } from '../../trainer-image/train/opening/share-machine.ts';
import { ParameterStore } from '../../trainer-image/train/parameters/parameter-store.ts';
import { sgd } from '../../trainer-image/train/parameters/sgd.ts';
import type { ShapeRunner } from '../../trainer-image/train/steps/shape-runner.ts';

export interface SgdStoreOptions {
  /** @defaultValue 1 */
  readonly cores?: number;
  /** @defaultValue true */
  readonly nesterov?: boolean;
  /** @defaultValue 1e-4 */
  readonly weightDecay?: number;
}

export function openSgdStore(
  engine: Engine,
  network: Pick<Network, 'parameters' | 'frozen'>,
  { cores = 1, nesterov = true, weightDecay = 1e-4 }: SgdStoreOptions = {},
): Promise<ParameterStore> {
  return ParameterStore.open(engine, {
    parameters: network.parameters,
    frozen: network.frozen,
    optimizer: sgd({ momentum: 0.9, nesterov }),
    gradientSets: gradientSetsOf(cores),
    ...{ weightDecay, cores },
  });
}

export async function updateAfter(
  { microBatches: { lanes, count } }: Pick<ShapeRunner, 'microBatches'>,
  store: ParameterStore,
  learningRate: number,
): Promise<void> {
  await store.gradientBlock(lanes, 1 / count);
  await store.update({ learningRate, iteration: 0 });
}
