/**
 * Where the numbers that training changes live: parameters, momenta, gradient sets. Two implementations: `arena-store.ts`
 * (one shared memory, updated by a WebAssembly kernel) for the processor, `device-store.ts` (blocks on the device,
 * updated by a session of their own) for a GPU. The step binds what they hold, the loop updates, the state copies.
 */
import type { Bindable, HostBlock, UpdateSettings } from '../../engine/engine.ts';

/** Copies of the numbers that a checkpoint keeps, by parameter name. */
export interface ParameterValues {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly momenta: ReadonlyMap<string, Float32Array>;
}

export interface ParameterStore {
  /** Gradient sets it holds. */
  readonly gradientSets: number;
  /** @throws Error naming the parameter when there is none of that name. */
  parameter(name: string): Bindable;
  /** @param set - from 0 up to `gradientSets`, not included. */
  gradient(set: number, name: string): Bindable;
  /** Host memory through which clips go to the device; null where sessions read a clip wherever it lies. */
  clipBuffer(byteLength: number): HostBlock | null;
  /** Adds gradient set `from` to gradient set `into`: for a lane that works through several micro-batches. */
  addGradients(from: number, into: number): Promise<void> | void;
  /** One step of SGD with momentum from the first `settings.lanes` gradient sets. */
  update(settings: UpdateSettings): Promise<void> | void;
  read(): Promise<ParameterValues>;
  /** Sets the given parameters; momenta that are left out become 0. */
  write(values: ParameterValues): Promise<void>;
  dispose(): Promise<void> | void;
}
