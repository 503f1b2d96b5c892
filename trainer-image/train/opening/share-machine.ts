/**
 * How a trainer shares out its machine: lanes, gradient sets, decoders, and the memory that activations may take when
 * everything else has its share. In: cores, memory, device, and what the job and its network need. Out: plain numbers. Pure;
 * the one place that sizes anything by the machine. (An evaluation's runs are sized within the share: `evaluation-micro-batches.ts`.)
 */
import { evenShares, rangeOf } from '../../../multigrid/sharing/even-ranges.ts';
import { lanesWithinPool } from '../../machine.ts';
import type { LocalPlace } from '../../mpi/launched.ts';

const MIB = 2 ** 20;

/** JavaScript, the library, sessions, batches on their way. */
const TRAINER_BYTES = 640 * MIB;
/** A decoder process beside its share of the cache. */
const DECODER_BYTES = 96 * MIB;
/** Decoders that the job did not ask for take no more of the memory than this. */
const DECODERS_SHARE = 1 / 4;
/** Parameters, optimizer and gradients take no more than this of what is left for them and the activations. */
const PARAMETERS_SHARE = 1 / 2;
/** Below this no network worth its name trains; the steps will say what does not fit. */
const LEAST_BYTES = 64 * MIB;

export interface SharedMachine {
  /** Cores to use, at least 1. */
  readonly cores: number;
  /** All memory this trainer and its decoders may use, bytes. */
  readonly memoryBytes: number;
  readonly device: 'cpu' | 'cuda';
}

/** What a job asks for. */
export interface MachineUse {
  /** All parameters once, bytes. */
  readonly setBytes: number;
  /** Sets that are kept besides gradients: the parameters and what the optimizer remembers. */
  readonly keptSets: number;
  /** What the network reads beside its parameters: in main memory once, whatever the device. */
  readonly frozenBytes: number;
  /** Decoder processes that the job asks for; 0: as the machine allows. */
  readonly decoders: number;
  /** Decoded frames kept by all decoders together. */
  readonly cacheBytes: number;
  /** The job's own limit for activations, MiB; 0: none. */
  readonly activationMemoryMiB: number;
}

export interface MachineShare {
  /** Runs of a graph in flight at once, in training and in evaluation. */
  readonly lanes: number;
  /** One per lane, and a scratch set for each. */
  readonly gradientSets: number;
  readonly decoders: number;
  /** Main memory for the activations of all runs together. */
  readonly activationBytes: number;
}

/** Gradient sets that so many lanes need: one each, and one scratch set each for the micro-batches after the first. */
export function gradientSetsOf(lanes: number): number {
  return 2 * lanes;
}

/** What one of several workers on a machine has of it: a core at least, and the same memory as the others. */
export function shareAmongWorkers<Machine extends Pick<SharedMachine, 'cores' | 'memoryBytes'>>(
  machine: Machine,
  { index, size }: LocalPlace,
): Machine {
  const { count } = rangeOf(evenShares(machine.cores, size), index);
  return { ...machine, cores: Math.max(1, count), memoryBytes: Math.floor(machine.memoryBytes / size) };
}

export function shareMachine({ cores, memoryBytes, device }: SharedMachine, use: MachineUse): MachineShare {
  const decoders = use.decoders > 0 ? use.decoders : decodersFor(cores, memoryBytes);
  const left = memoryBytes - TRAINER_BYTES - decoders * DECODER_BYTES - use.cacheBytes - use.frozenBytes;
  // One run at a time keeps a GPU busy, and its memory is not the machine's.
  const lanes = device === 'cuda' ? 1 : lanesFor(cores, left, use);
  const gradientSets = gradientSetsOf(lanes);
  const parameterBytes = device === 'cuda' ? 0 : (use.keptSets + gradientSets) * use.setBytes;
  return {
    lanes,
    gradientSets,
    decoders,
    activationBytes:
      use.activationMemoryMiB > 0
        ? use.activationMemoryMiB * MIB
        : Math.max(LEAST_BYTES, left - parameterBytes),
  };
}

function decodersFor(cores: number, memoryBytes: number): number {
  return Math.max(1, Math.min(cores, Math.floor((DECODERS_SHARE * memoryBytes) / DECODER_BYTES)));
}

/** Fewer lanes than cores only for large networks on many cores or in little memory. */
function lanesFor(cores: number, leftBytes: number, { setBytes, keptSets }: MachineUse): number {
  const sets = Math.floor((PARAMETERS_SHARE * leftBytes) / setBytes);
  return Math.max(1, Math.min(lanesWithinPool(cores), Math.floor((sets - keptSets) / gradientSetsOf(1))));
}
