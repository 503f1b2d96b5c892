/**
 * Before training: one step of every shape that is still to come, for its memory alone, so that a plan that does not fit
 * shows at once and not hours later. In: a run. Out: nothing; shapes that do not fit have been cut smaller. Called by
 * `run-trainer.ts` when the job leaves the micro-batch open.
 */
import { positionAt, totalIterations } from '../position.ts';
import { shapesFrom } from '../steps/step-shapes.ts';
import type { TrainingRun } from '../training-run.ts';

/**
 * @throws NotEnoughMemoryError when a shape cannot be made to fit; the signal's reason when aborted.
 */
export async function probeMemory(run: TrainingRun, signal: AbortSignal): Promise<void> {
  const { state, plan, settings, steps, logger } = run;
  if (settings.microBatch > 0 || state.iteration >= totalIterations(plan)) {
    return;
  }
  const { phase } = positionAt(plan, state.iteration);
  for (const shape of shapesFrom(plan, phase.index)) {
    signal.throwIfAborted();
    const { layout, recomputes } = await steps.probe(shape, signal);
    const { clips, frames, cropSize } = shape;
    const { clipsPerRun, lanes } = layout;
    logger.info('fits into memory', { clips, frames, cropSize, clipsPerRun, lanes, recomputes });
  }
}
