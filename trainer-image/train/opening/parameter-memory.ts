/**
 * Room for a network's numbers: how the machine is shared out between them and everything else, and the store that holds
 * them on a device. In: a job, a network, a machine. Out: the shares, and a store of zeros.
 */
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import type { Engine } from '../../engine/engine.ts';
import { parameterCount } from '../../models/parameter-count.ts';
import type { Network } from '../../models/network.ts';
import { type MachineShare, shareMachine } from './share-machine.ts';
import type { Optimizer } from '../parameters/optimizer.ts';
import { ParameterStore } from '../parameters/parameter-store.ts';
import { sgd } from '../parameters/sgd.ts';
import { storedParameters } from '../parameters/weight-decay.ts';
import type { TrainingSettings } from '../settings.ts';
import type { Surroundings } from '../surroundings.ts';

type OptimizerSettings = Pick<TrainingSettings, 'momentum' | 'nesterov'>;

export interface SharingJob {
  readonly spec: Pick<FilledSpec, 'data'>;
  readonly settings: OptimizerSettings & Pick<TrainingSettings, 'cores' | 'activationMemoryMiB'>;
  readonly network: Pick<Network, 'parameters' | 'frozen'>;
}

/** What a machine has for the job on a device. */
export function shareForJob(
  { spec, settings, network }: SharingJob,
  { memoryBytes }: Pick<Surroundings, 'memoryBytes'>,
  device: 'cpu' | 'cuda',
): MachineShare {
  const { cores, activationMemoryMiB } = settings;
  const { decoders, cacheMiB } = spec.data.loader;
  return shareMachine(
    { cores, memoryBytes, device },
    {
      setBytes: 4 * parameterCount(network),
      keptSets: 1 + optimizerOf(settings).slots.length,
      frozenBytes: network.frozen.reduce((sum, { data }) => sum + data.byteLength, 0),
      decoders,
      cacheBytes: cacheMiB * 2 ** 20,
      activationMemoryMiB,
    },
  );
}

/** @throws EngineError when the device has not enough memory. */
export function createStore(
  engine: Engine,
  { parameters, frozen }: Pick<Network, 'parameters' | 'frozen'>,
  settings: OptimizerSettings & Pick<TrainingSettings, 'decayNormalization' | 'weightDecay'>,
  room: { readonly gradientSets: number; readonly tailLength: number; readonly cores: number },
): Promise<ParameterStore> {
  const { decayNormalization, weightDecay } = settings;
  return ParameterStore.open(engine, {
    parameters: storedParameters(parameters, decayNormalization),
    frozen,
    optimizer: optimizerOf(settings),
    weightDecay,
    ...room,
  });
}

function optimizerOf({ momentum, nesterov }: OptimizerSettings): Optimizer {
  return sgd({ momentum, nesterov });
}
