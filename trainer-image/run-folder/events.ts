/**
 * The lines of metrics.jsonl: one JSON object a line, appended by the trainer as it runs, read by the run report, by
 * `multigrid compare` and by anybody with a plotting tool. `seconds` is training wall-clock since the run began at the
 * moment the event was written (a step: its end; an evaluation: its end), time while stopped left out.
 */

export interface StepEvent {
  readonly kind: 'step';
  readonly seconds: number;
  readonly phase: number;
  /** Fractional epoch at the start of the iteration. */
  readonly epoch: number;
  /** 0-based, counted from the start of training; each number appears once, also after a resume. */
  readonly iteration: number;
  readonly frames: number;
  readonly cropSize: number;
  /** Clips in this step, all workers. */
  readonly clips: number;
  readonly learningRate: number;
  readonly loss: number;
  /** Share of the step's clips of whose classes one was the top guess. */
  readonly top1: number;
  readonly stepMs: number;
  /** Part of `stepMs` that was spent waiting for clips, by the worker that waited longest. */
  readonly dataWaitMs: number;
  /** Clips that one run of the step graph took on this worker. */
  readonly clipsPerRun?: number;
  /** Absent where there is one worker. */
  readonly workers?: WorkersOfStep;
}

/** How the workers of a step fared. */
export interface WorkersOfStep {
  readonly count: number;
  /** Rank of the one that the others waited for. */
  readonly slowest: number;
  /** For how long that was, of the worker that waited longest. */
  readonly longestWaitMs: number;
  /** By rank: waiting for clips. Absent with more than 16 workers. */
  readonly dataWaitMs?: readonly number[];
  /** By rank: waiting for the other workers. Absent with more than 16 workers. */
  readonly waitMs?: readonly number[];
}

export interface EvaluationEvent {
  readonly kind: 'evaluation';
  readonly seconds: number;
  readonly phase: number;
  /** Fractional epochs done. */
  readonly epoch: number;
  /** Iterations done; a resumed run that evaluates the same point again replaces the older line when read. */
  readonly iteration: number;
  /** `phase`: centre view at the phase's shape. `full`: centre view at the full shape. `test`: all views, at the end. */
  readonly at: 'phase' | 'full' | 'test';
  readonly top1: number;
  readonly top5: number;
  /** Mean average precision, 0 to 1; only where a video has several classes. */
  readonly mAP?: number;
  readonly loss: number;
  readonly videos: number;
  readonly views: number;
  /** Time this evaluation took. */
  readonly evaluationSeconds: number;
}

export interface PhaseEvent {
  readonly kind: 'phase';
  readonly seconds: number;
  readonly phase: number;
  /** Fractional epochs done. */
  readonly epoch: number;
  /** Number of the phase's first iteration. */
  readonly iteration: number;
  /** Time from the last step of the phase before to the first step of this one, evaluation and checkpoint included. */
  readonly transitionMs: number;
  /** Part of `transitionMs` in which the trainer waited for the operator's directive. */
  readonly directiveWaitMs?: number;
}

export interface CheckpointEvent {
  readonly kind: 'checkpoint';
  readonly seconds: number;
  /** Iterations done. */
  readonly iteration: number;
  readonly epoch: number;
  readonly path: string;
  readonly bytes: number;
  /** Time that writing it took, training stood still. */
  readonly writeMs?: number;
}

export interface BadClipEvent {
  readonly kind: 'badClip';
  readonly seconds: number;
  /** Iteration whose batch it was to be part of; 0-based. */
  readonly iteration: number;
  readonly path: string;
  readonly reason: string;
}

/** A step of mixed precision whose gradients overflowed: it changed nothing but the loss scale. Its step event says the rest. */
export interface SkippedStepEvent {
  readonly kind: 'skippedStep';
  readonly seconds: number;
  readonly iteration: number;
  /** The scale that was too large. */
  readonly lossScale: number;
}

/** A step's shape, and the micro-batches that it is run in where it does not fit into memory as a whole. */
export interface MicroBatchRecord {
  /** Clips and batch-norm groups of the whole step on this worker. */
  readonly clips: number;
  readonly groups: number;
  readonly frames: number;
  readonly cropSize: number;
  /** Clips of a micro-batch, which one run of the graph takes, and runs that go on at once. */
  readonly clipsPerRun: number;
  readonly lanes: number;
  /** Whether activations inside residual blocks are computed again in the backward pass. */
  readonly recomputes: boolean;
}

/** A step did not fit into memory and has smaller micro-batches from here on; its numbers stay the same. */
export interface MicroBatchEvent extends MicroBatchRecord {
  readonly kind: 'microBatch';
  readonly seconds: number;
  /** Iterations done. */
  readonly iteration: number;
}

export type RunEvent =
  | StepEvent
  | EvaluationEvent
  | PhaseEvent
  | CheckpointEvent
  | BadClipEvent
  | SkippedStepEvent
  | MicroBatchEvent;

/** result.json, written when a run has finished. */
export interface RunResult {
  readonly name: string;
  readonly model: string;
  readonly planHash: string;
  /** Multi-view test, share of videos, 0 to 1. */
  readonly top1: number;
  readonly top5: number;
  /** Centre clip at the full shape after the last epoch, 0 to 1. */
  readonly centreTop1: number;
  /** Mean average precision of the two; only where a video has several classes. */
  readonly mAP?: number;
  readonly centreMAP?: number;
  /** Training wall-clock, evaluations at phase borders included, the final test and export not. */
  readonly seconds: number;
  /** Wall-clock spent in steps alone. */
  readonly stepSeconds: number;
  /** Clips trained on, all epochs. */
  readonly clips: number;
  readonly clipsPerSecond: number;
  readonly dataWaitRatio: number;
  readonly iterations: number;
  readonly badClips: number;
  readonly seed: number;
  readonly phases: readonly PhaseResult[];
  /** Rows: true class, columns: guessed class, counts of test videos; no rows where a video has several classes. */
  readonly confusion: readonly (readonly number[])[];
  /** Names in label order; absent when the manifest names no file of class names. */
  readonly classNames?: readonly string[];
}

export interface PhaseResult {
  readonly index: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly globalBatch: number;
  readonly startEpoch: number;
  readonly endEpoch: number;
  readonly learningRate: number;
  /** Wall-clock of the phase's steps, waits for data included, evaluations and checkpoints not. */
  readonly seconds: number;
  readonly clipsPerSecond: number;
  readonly dataWaitRatio: number;
  /** Centre view at the full shape at the end of the phase, null when not evaluated there. */
  readonly top1: number | null;
  /** Mean average precision there; only where a video has several classes. */
  readonly mAP?: number;
}
