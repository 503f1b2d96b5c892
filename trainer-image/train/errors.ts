/**
 * Why a training ends early. `failure-of.ts` makes of each a reason, an exit code, and whether a restart could help.
 */
import type { CheckpointReference, TrainerFailure } from '../../multigrid/progress.ts';

/** The loss is NaN or infinite. Restarting would end the same way, so the run fails at once. */
export class LossNotFiniteError extends Error {
  override readonly name = 'LossNotFiniteError';
  readonly iteration: number;

  constructor(iteration: number, phase: number, loss: number) {
    super(
      `the loss is ${loss} at iteration ${iteration} (phase ${phase + 1} of the plan); the last checkpoint before it is kept. ` +
        'Lower spec.recipe.learningRate or lengthen spec.recipe.warmup.epochs, and check the labels',
    );
    this.iteration = iteration;
  }
}

/** The loss is a number, but gradients or batch statistics are NaN or infinite. They are not applied. */
export class GradientsNotFiniteError extends Error {
  override readonly name = 'GradientsNotFiniteError';
  readonly iteration: number;

  constructor(iteration: number, phase: number, loss: number) {
    super(
      `gradients or batch statistics are not finite at iteration ${iteration} (phase ${phase + 1} of the plan), though the ` +
        `loss is ${loss}; they were not applied, and the last checkpoint before it is kept. Lower ` +
        'spec.recipe.learningRate or lengthen spec.recipe.warmup.epochs',
    );
    this.iteration = iteration;
  }
}

/** A worker among several that nobody started together with the others: it would train on its own. */
export class WorkerAloneError extends Error {
  override readonly name = 'WorkerAloneError';

  constructor(started: number, workers: number) {
    super(
      `${started} of ${workers} workers were started together, and they would train without the others: the operator starts all ` +
        'of them, on one machine `multigrid run --workers` does. Check that the images of operator and trainer are of one version',
    );
  }
}

/** A batch-norm group would have clips on several GPUs. */
export class GroupsSpanGpusError extends Error {
  override readonly name = 'GroupsSpanGpusError';

  constructor(phase: number, groups: number, workers: number) {
    super(
      `phase ${phase + 1} of the plan has ${groups} batch-norm groups for ${workers} workers, and groups that span workers are not ` +
        'built for GPUs: set recipe.batchNorm.acrossWorkers to Never, or use at most as many workers as a batch has groups',
    );
  }
}

/** Another worker has failed, for its own reason, and all end with it. */
export class OtherWorkerFailedError extends Error {
  override readonly name = 'OtherWorkerFailedError';
  /** That worker's. */
  readonly failure: TrainerFailure & { readonly exitCode: number };

  constructor(failure: TrainerFailure & { readonly exitCode: number }) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Somebody asked the trainer to stop (Ctrl-C, SIGTERM, suspend); a checkpoint was written first. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';
  readonly checkpoint: CheckpointReference;

  constructor(checkpoint: CheckpointReference) {
    super(`stopped after iteration ${checkpoint.iteration}; the checkpoint is ${checkpoint.path}`);
    this.checkpoint = checkpoint;
  }
}

/** A step or an evaluation does not fit into memory, in the smallest micro-batches either. Restarting would end the same way. */
export class NotEnoughMemoryError extends Error {
  override readonly name = 'NotEnoughMemoryError';
}

/** The checkpoint found does not belong to this plan, network or seed. */
export class ResumeMismatchError extends Error {
  override readonly name = 'ResumeMismatchError';
}
