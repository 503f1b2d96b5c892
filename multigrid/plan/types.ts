/**
 * The plan: what a manifest means, epoch by epoch. Computed once by `plan.ts`, stored in `status.plan`, printed by
 * `multigrid plan -o json` (a public contract, see docs/plan-format.md), followed by the trainer, never recomputed.
 */

/** One shape of the short cycle: what the iterations `i` with `i mod shortCycle.length === index` train on. */
export interface ShortCycleShape {
  /** Side of the square crop, pixels. */
  readonly cropSize: number;
  /** Clips per step over all workers. */
  readonly globalBatch: number;
  /** Version 1: clips per step of one worker. */
  readonly batchPerWorker?: number;
  /** Smallest short side of the jittered frame, pixels, before cropping. */
  readonly minScale: number;
}

/** A maximal run of epochs with one shape and one learning-rate factor, as all versions of the format have it. */
interface PhaseShape {
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
  /** Clips per step over all workers at the long-cycle shape. */
  readonly globalBatch: number;
  /** Learning rate of the phase before warm-up (cosine: at its first epoch). */
  readonly learningRate: number;
  /** Sampling strides drawn uniformly from this closed integer range, frames. */
  readonly stride: { readonly min: number; readonly max: number };
  /** The shapes iterations cycle through; one element when the short cycle is off. */
  readonly shortCycle: readonly ShortCycleShape[];
  readonly iterationsPerEpoch: number;
}

interface GroupedPhase extends PhaseShape {
  /** Batch-norm groups of equal size that every step's clips are in, one after the other, over all workers. */
  readonly groups: number;
}

/** Version 1 said what each of a fixed number of workers takes. `groups.ts` reads it. */
export interface PhaseOfVersion1 extends PhaseShape {
  readonly batchPerWorker: number;
  readonly normalization: {
    /** All clips of a worker are one group; a worker has `groups` of them; `groups` workers share one. */
    readonly kind: 'plain' | 'split' | 'sync';
    readonly groups: number;
  };
}

export type Phase = GroupedPhase | PhaseOfVersion1;

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
  /** Version of this format; changes when a field changes meaning. Plans are made in the newest, and kept as they were made. */
  readonly version: 1 | 2;
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
