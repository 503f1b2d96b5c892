/**
 * One checkpoint of a live training: the state's snapshot to the disk, the metrics log with it, the reference into
 * progress. Called by the loop at its interval, at borders, and when it is asked to stop.
 */
import type { CheckpointReference } from '../../../multigrid/progress.ts';
import type { TrainingRun } from '../training-run.ts';
import { requireFinite } from './finite.ts';

/**
 * Writes a checkpoint of the iterations done so far.
 *
 * @throws CheckpointWriteError when the disk refuses it.
 * @throws ParametersNotFiniteError when parameters, momenta or statistics are no numbers any more; nothing is written.
 */
export async function saveCheckpoint(run: TrainingRun): Promise<CheckpointReference> {
  const startMs = run.nowMs();
  // The log reaches the disk before the checkpoint it will be cut back to: a resumed trace has no hole.
  await run.log.flush();
  const checkpoint = await run.state.snapshot();
  requireFinite(checkpoint);
  const { path, iteration, epoch, bytes } = await run.checkpoints.write(checkpoint);
  run.log.append({
    kind: 'checkpoint',
    seconds: run.state.seconds(),
    iteration,
    epoch,
    path,
    bytes,
    writeMs: run.nowMs() - startMs,
  });
  const reference = { path, iteration, epoch };
  run.reporter.checkpointed(reference);
  return reference;
}
