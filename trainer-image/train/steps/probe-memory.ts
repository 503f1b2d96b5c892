/**
 * Before training: one step of every shape that is still to come, for its memory alone, so that a plan that does not fit
 * shows at once and not hours later. In: the plan and where training stands. Out: nothing; shapes that do not fit have
 * smaller micro-batches. Workers whose groups span them try together. Where the job says how large micro-batches are, nothing is tried.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Logger } from '../logger.ts';
import { positionAt, totalIterations } from '../state/position.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';
import { recordOf } from './micro-batches.ts';
import type { StepKit } from './step-kit.ts';
import { sharesFrom } from './step-shapes.ts';
import type { JointStop } from '../collective/joint-stop.ts';
import type { Worker } from '../collective/step-share.ts';

export interface ProbeParts {
  readonly plan: Plan;
  readonly worker: Worker;
  readonly stop: Pick<JointStop, 'agree'>;
  readonly settings: Pick<TrainingSettings, 'microBatch'>;
  readonly state: Pick<TrainingState, 'iteration'>;
  readonly steps: Pick<StepKit, 'probe'>;
  readonly logger: Logger;
}

/**
 * @throws NotEnoughMemoryError when a shape cannot be made to fit; the signal's reason when aborted.
 */
export async function probeMemory(parts: ProbeParts, signal: AbortSignal): Promise<void> {
  const { plan, worker, stop, settings, state, steps, logger } = parts;
  if (settings.microBatch > 0 || state.iteration >= totalIterations(plan)) {
    return;
  }
  const { phase } = positionAt(plan, state.iteration);
  const shares = sharesFrom(plan, phase.index, worker);
  const isTogether = shares.some(({ spanning }) => spanning !== null);
  for (const { shape, spanning } of shares) {
    if (isTogether) {
      await stop.agree();
    } else {
      signal.throwIfAborted();
    }
    const options = isTogether ? { spanning } : { signal };
    const microBatches = await steps.probe(shape, options);
    logger.info('fits into memory', { ...recordOf(shape, microBatches) });
  }
}
