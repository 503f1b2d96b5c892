/**
 * Progress: what the trainer says of itself. Patched by rank 0 into `status.progress`; read by the operator (to advance
 * to the next phase, to judge stalls and failures), by `multigrid status`, by kubectl's printer columns.
 */

/** What the trainer is doing. `Waiting`: the phase is done and the next directive has not come yet. */
export type TrainerState =
  'Preparing' | 'Training' | 'Evaluating' | 'Waiting' | 'Testing' | 'Finished' | 'Stopped' | 'Failed';

/** One named number, for printing and for `status.progress.metrics` (at most 32). */
export interface MetricValue {
  readonly name: string;
  readonly value: number;
}

/** Why the trainer gave up: a typed reason and what to do. Exit codes follow the reason's class. */
export interface TrainerFailure {
  /** CamelCase reason, e.g. `DataUnreadable`, `LossNotFinite`, `CheckpointWriteFailed`, `OutOfMemory`. */
  readonly reason: string;
  readonly message: string;
  /** False when a restart would end the same way (bad data, bad manifest, NaN loss). */
  readonly retryable: boolean;
}

/** What keeps a trainer that is well from getting on: it waits, or tries again, until that has passed. */
export interface TrainerTrouble {
  /** CamelCase reason, e.g. `OutputInUse`. */
  readonly reason: string;
  readonly message: string;
}

/** Progress in the words of the printer columns; see the CRD for each. */
export interface ProgressSummary {
  readonly phase?: string;
  readonly shape?: string;
  readonly epoch?: string;
  readonly progress?: string;
  readonly eta?: string;
  readonly metric?: string;
  readonly learningRate?: string;
  readonly batch?: string;
  readonly clipsPerSecond?: string;
}

export interface CheckpointReference {
  /** File name relative to the run's output folder. */
  readonly path: string;
  readonly iteration: number;
  readonly epoch: number;
}

export interface Progress {
  /** Generation of the directive being followed: the acknowledgement. 0 before the first one. */
  readonly generation: number;
  readonly state: TrainerState;
  readonly phase: number;
  /** Fractional epochs done. */
  readonly epoch: number;
  /** Iterations done since the start of training. */
  readonly iteration: number;
  /** Iteration that this trainer went on from, 0: from the start. Absent: it has not looked for a checkpoint yet. */
  readonly resumedFrom?: number;
  /** 0 to 100, by frame-pixels done, so that it moves evenly in time. */
  readonly percent: number;
  readonly etaSeconds: number;
  /** RFC 3339 time of this report. */
  readonly heartbeat: string;
  /**
   * RFC 3339 time of the last step, batch of an evaluation, or change of state: what `progressDeadlineSeconds` is about.
   * Reports come without progress too, from a trainer that is well and busy. Absent: with this report.
   */
  readonly progressedAt?: string;
  /** Mean training loss over the last report interval; null before the first step. */
  readonly loss: number | null;
  readonly learningRate: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly clipsPerSecond: number;
  /** Share of the step time spent waiting for clips, 0 to 1. */
  readonly dataWaitRatio: number;
  readonly badClips: number;
  readonly metrics: readonly MetricValue[];
  readonly lastCheckpoint: CheckpointReference | null;
  /** True when the trainer went on by the plan because no directive came within its grace time. */
  readonly unattended: boolean;
  readonly failure: TrainerFailure | null;
  /** Absent while nothing is in the way. */
  readonly trouble?: TrainerTrouble;
  /** The same in words; absent before there is a plan. */
  readonly summary?: ProgressSummary;
  /** Videos of the training list: what the operator, which does not see the data, makes the plan from. */
  readonly trainingClips?: number;
  /** What became of the pretrained weights, in a line; absent when the trainer loaded none. */
  readonly pretrained?: string;
}
