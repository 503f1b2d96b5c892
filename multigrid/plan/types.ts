/**
 * The plan: what a manifest means, epoch by epoch. Computed once by `plan.ts`, stored in `status.plan`, printed by
 * `multigrid plan -o json` (a public contract, see docs/plan-format.md), followed by the trainer, never recomputed.
 */

/** One shape of the short cycle: what the iterations `i` with `i mod shortCycle.length === index` train on. */
export interface ShortCycleShape {
  /** Side of the square crop, pixels. */
  readonly cropSize: number;
  readonly batchPerWorker: number;
  readonly globalBatch: number;
  /** Smallest short side of the jittered frame, pixels, before cropping. */
  readonly minScale: number;
}

/** How batch-norm statistics are taken: over all clips of a worker, over `groups` parts, or over several workers. */
export interface Normalization {
  readonly kind: 'plain' | 'split' | 'sync';
  /** `split`: groups inside one worker's batch. `sync`: workers that share one group. `plain`: 1. */
  readonly groups: number;
}

/** A maximal run of epochs with one shape and one learning-rate factor. */
export interface Phase {
  readonly index: number;
  /** Index of the baseline's learning-rate stage this phase belongs to. */
  readonly stage: number;
  /** First epoch, 0-based, inclusive. */
  readonly startEpoch: number;
  /** Epoch after the last, exclusive. */
  readonly endEpoch: number;
  /** B of the long cycle: batch and learning rate are this many times the baseline's. */
  readonly batchFactor: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly globalBatch: number;
  readonly batchPerWorker: number;
  /** Learning rate of the phase before warm-up (cosine: at its first epoch). */
  readonly learningRate: number;
  /** Sampling strides drawn uniformly from this closed integer range, frames. */
  readonly stride: { readonly min: number; readonly max: number };
  readonly normalization: Normalization;
  /** The shapes iterations cycle through; one element when the short cycle is off. */
  readonly shortCycle: readonly ShortCycleShape[];
  readonly iterationsPerEpoch: number;
}

/** A reason why a plan must not be run, with the nearest legal values. */
export interface PlanProblem {
  /** Index of the phase at fault; null when the whole plan is. */
  readonly phase: number | null;
  readonly code: string;
  readonly message: string;
  readonly nearest: Readonly<Record<string, number | string | readonly number[]>>;
}

/** All that `learningRateAt(schedule, epoch)` needs. Data, so that it travels in status and checkpoints. */
export interface LearningRateSchedule {
  readonly policy: 'steps' | 'cosine';
  /** Baseline learning rate (all workers together). */
  readonly base: number;
  /** Steps: start epoch of every factor, ascending from 0. Cosine: start epoch of every batch factor. */
  readonly borders: readonly number[];
  /** What `base` is multiplied by from the border of the same index on. */
  readonly factors: readonly number[];
  /** Last epoch of the schedule, exclusive. */
  readonly epochs: number;
  /** Cosine: learning rate at the end, before the batch factor. */
  readonly end: number;
  readonly warmup: { readonly epochs: number; readonly learningRate: number };
}

export interface PlanTotals {
  readonly iterations: number;
  readonly baselineIterations: number;
  readonly iterationRatio: number;
  /** Frame-pixels of the baseline over those of the plan: the predicted saving. */
  readonly framePixelRatio: number;
}

export interface Plan {
  /** Version of this format; changes when a field changes meaning. */
  readonly version: 1;
  /** SHA-256 over the plan's canonical JSON without `hash` and `problems`, hex. */
  readonly hash: string;
  readonly phases: readonly Phase[];
  readonly epochs: number;
  /** Epochs (0-based) after whose end the network is evaluated. */
  readonly evaluationEpochs: readonly number[];
  /** Epochs (0-based) after whose end a checkpoint is written. */
  readonly checkpointEpochs: readonly number[];
  readonly learningRateSchedule: LearningRateSchedule;
  readonly totals: PlanTotals;
  /** Empty when the plan may be run. */
  readonly problems: readonly PlanProblem[];
}

/** What people and decisions need of a plan that lies elsewhere. */
export interface PlanSummary {
  readonly hash: string;
  readonly version: Plan['version'];
  /** Number of training clips that it was made for; absent where nobody knows any more. */
  readonly clips?: number;
  readonly phases: number;
  readonly epochs: number;
  readonly iterations: number;
  readonly framePixelRatio: number;
}
