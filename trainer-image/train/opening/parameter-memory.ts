/**
 * Room for a network's parameters: how the machine is shared out between them and everything else, and the store that holds
 * them on a device. In: a job, a network, a machine. Out: the shares, and a store of zeros.
 */
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import { type MachineShare, shareMachine } from '../memory/share-machine.ts';
import { ArenaStore } from '../parameters/arena-store.ts';
import { DeviceStore } from '../parameters/device-store.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { parameterSlots } from '../parameters/weight-decay.ts';
import type { TrainingSettings } from '../settings.ts';
import type { Surroundings } from '../surroundings.ts';

/** Parameters and momenta. */
const KEPT_SETS = 2;

export interface SharingJob {
  readonly spec: Pick<FilledSpec, 'data'>;
  readonly settings: Pick<TrainingSettings, 'cores' | 'activationMemoryMiB'>;
  readonly network: Pick<Network, 'parameters'>;
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
      setBytes: setBytesOf(network),
      keptSets: KEPT_SETS,
      decoders,
      cacheBytes: cacheMiB * 2 ** 20,
      activationMemoryMiB,
    },
  );
}

/** @throws EngineError when the device has not enough memory. */
export async function createStore(
  engine: Engine,
  { parameters }: Pick<Network, 'parameters'>,
  {
    decayNormalization,
    gradientSets,
  }: { readonly decayNormalization: boolean; readonly gradientSets: number },
): Promise<ParameterStore> {
  const slots = parameterSlots(parameters, decayNormalization);
  return engine.device.kind === 'cuda'
    ? DeviceStore.create(engine, slots, gradientSets)
    : new ArenaStore(engine.createArena(slots, gradientSets));
}

/** All parameters once, bytes. */
function setBytesOf({ parameters }: Pick<Network, 'parameters'>): number {
  return parameters.reduce(
    (sum, { dims }) => sum + 4 * dims.reduce((product, length) => product * length, 1),
    0,
  );
}
