/**
 * Checkpoints of a live training: the state's snapshot to the disk, the metrics log with it, the reference into progress. In:
 * the state and where it goes. Out: the reference of what was written.
 */
import type { CheckpointReference } from '../../../multigrid/progress.ts';
import { ofFirstWorker } from '../checkpoints/checkpoint.ts';
import type { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { requireFinite } from '../checkpoints/finite.ts';
import type { EventLog } from '../collective/joint-log.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { TrainingState } from '../state/training-state.ts';

export interface CheckpointingParts {
  readonly state: TrainingState;
  readonly checkpoints: CheckpointStore;
  /** Whether this worker writes; the others only give it what it lacks of the state. */
  readonly isWriter: boolean;
  /** Iterations from one checkpoint to the next within an epoch; 0: none there. */
  readonly everyIterations: number;
  readonly log: EventLog;
  readonly reporter: Pick<ProgressReporter, 'checkpointed'>;
  readonly nowMs: () => number;
}

export class Checkpointing {
  readonly #parts: CheckpointingParts;

  constructor(parts: CheckpointingParts) {
    this.#parts = parts;
  }

  /**
   * Writes a checkpoint of the iterations done so far. Of all workers together.
   *
   * @throws CheckpointWriteError when the disk refuses it.
   * @throws ParametersNotFiniteError when parameters, momenta or statistics are no numbers any more; nothing is written.
   */
  async save(): Promise<CheckpointReference> {
    const { state, checkpoints, isWriter, log, reporter, nowMs } = this.#parts;
    const startMs = nowMs();
    // The log reaches the disk before the checkpoint it will be cut back to: a resumed trace has no hole.
    await log.flush();
    if (!isWriter) {
      await state.gather();
      return ofFirstWorker({ iteration: state.iteration, epoch: state.reached().epoch });
    }
    const checkpoint = await state.snapshot();
    requireFinite(checkpoint);
    const { path, iteration, epoch, bytes } = await checkpoints.write(checkpoint);
    const writeMs = nowMs() - startMs;
    log.append({ kind: 'checkpoint', seconds: state.seconds(), iteration, epoch, path, bytes, writeMs });
    const reference = { path, iteration, epoch };
    reporter.checkpointed(reference);
    return reference;
  }

  /** Writes one where the job asks for it beside those that the plan places. @throws as {@link save}. */
  async saveWhenDue(): Promise<void> {
    const { state, everyIterations } = this.#parts;
    if (everyIterations > 0 && state.iteration % everyIterations === 0) {
      await this.save();
    }
  }
}
