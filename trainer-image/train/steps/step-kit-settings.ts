/**
 * What every step runner needs, whatever its shape.
 */
import type { Engine } from '../../engine/engine.ts';
import type { GraphOptions, Network } from '../../models/network.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { PartitionLimits, Reduction } from '../memory/partition.ts';

export interface StepKitSettings extends PartitionLimits {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly seed: number;
  /** How the step graphs are written; float32 for the processor when left out. */
  readonly graphs?: GraphOptions;
  /** What the engine was told all runs may take for activations, bytes; for messages. */
  readonly activationBytes?: number | undefined;
  /** Told when a step was cut smaller because it did not fit, before it is tried again. */
  readonly onReduced?: (reduction: Reduction) => Promise<void> | void;
}
