/**
 * How much memory the activations of a step may take: what is left of the memory of the machine or the container when
 * everything else has its share. In: plain numbers, bytes. Out: bytes for the engine's arena. Pure; `run-trainer.ts`
 * calls it before it creates the engine, since only an engine with a limit says when a step does not fit: without one
 * the system would end the process.
 */

const MIB = 2 ** 20;

/** Less a little for the gaps between parameters. */
const ARENA_BYTES = 4080 * MIB;
/** JavaScript, the library, sessions, batches on their way. */
const TRAINER_BYTES = 640 * MIB;
/** A decoder process beside its share of the cache. */
const DECODER_BYTES = 96 * MIB;
/** Below this no network worth its name trains; the steps will say what does not fit. */
const LEAST_BYTES = 64 * MIB;

export interface MemoryUse {
  /** All memory this trainer and its decoders may use, bytes. */
  readonly memoryBytes: number;
  /** Parameters, momenta and gradient sets. */
  readonly parameterBytes: number;
  readonly decoders: number;
  /** Decoded frames kept by all decoders together. */
  readonly cacheBytes: number;
}

/** @param settingMiB - the job's own limit, 0: none. */
export function memoryLeftForActivations(settingMiB: number, use: MemoryUse): number {
  if (settingMiB > 0) {
    return settingMiB * MIB;
  }
  const { memoryBytes, parameterBytes, decoders, cacheBytes } = use;
  const others = TRAINER_BYTES + decoders * DECODER_BYTES + cacheBytes + parameterBytes;
  return Math.max(LEAST_BYTES, memoryBytes - others);
}

/**
 * Runs at the same time whose gradient sets, with a scratch set each, fit beside parameters and momenta into an arena:
 * 4 GiB, what WebAssembly can address. Fewer than there are cores only for large networks on many.
 *
 * @param setBytes - one set: all parameters once.
 */
export function lanesWithinArena(setBytes: number, cores: number): number {
  const sets = Math.floor(ARENA_BYTES / setBytes);
  return Math.max(1, Math.min(cores, Math.floor((sets - 2) / 2)));
}

/**
 * The memory of this process: the machine's, or less where a container is limited.
 *
 * @param constrainedBytes - as Node gives it: the control group's limit, 0 or more than the machine has when there is none.
 */
export function processMemoryBytes(machineBytes: number, constrainedBytes: number): number {
  return constrainedBytes > 0 ? Math.min(machineBytes, constrainedBytes) : machineBytes;
}
