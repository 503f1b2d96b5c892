/** In: nothing. Out: types. */
import type { Session } from '../../engine/engine.ts';
import type { Network, TrainingGraph } from '../../models/network.ts';
import type { LaneLayout } from '../memory/lanes.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';

/** Mean and biased variance of every batch norm in one step, float32 `[groups * channels]`, group-major. */
export interface StepStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Values behind each entry. */
  readonly valuesPerGroup: number;
}

export interface StepShapeKey {
  readonly frames: number;
  readonly cropSize: number;
}

export interface StepRunnerParts {
  readonly network: Network;
  readonly graph: TrainingGraph;
  readonly session: Session;
  readonly store: ParameterStore;
  readonly layout: LaneLayout;
  readonly shape: StepShapeKey;
  readonly seed: number;
  /** Index of the first scratch gradient set; used when a step takes more runs than there are lanes. */
  readonly scratchLane: number;
}
