/**
 * What becomes of a step's gradients: applied, or, in mixed precision, left out when they overflowed. In: the step's position,
 * what this worker has of it and what all measured. Out: a state that has moved or has not. A step that is left out changes no parameter, momentum or
 * statistic, only the loss scale; iterations count on, so the plan stays as it is.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import { learningRateAt } from '../../../multigrid/plan/learning-rate.ts';
import type { OutcomeOfAll } from './outcome-of-all.ts';
import { GradientsNotFiniteError, LossNotFiniteError } from '../errors.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { Logger } from '../logger.ts';
import { afterStep, SMALLEST_SCALE } from '../state/loss-scale.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { Position } from '../state/position.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { StepShare } from '../collective/step-share.ts';
import type { StepOutcome } from './step.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';

export interface ApplyParts {
  readonly plan: Pick<Plan, 'learningRateSchedule'>;
  readonly settings: Pick<TrainingSettings, 'precision'>;
  readonly state: TrainingState;
  readonly store: Pick<ParameterStore, 'update'>;
  readonly log: Pick<MetricsLog, 'append'>;
  readonly reporter: Pick<ProgressReporter, 'measured'>;
  readonly logger: Logger;
}

/** What a worker keeps for itself: the batch statistics of its groups. */
export interface OwnPart {
  readonly share: Pick<StepShare, 'groups' | 'spanning'>;
  readonly statistics: StepOutcome['statistics'];
}

/**
 * Applies the gradients that lie in the store's block, the mean over the batch.
 *
 * @throws LossNotFiniteError, GradientsNotFiniteError when no smaller loss scale could help; parameters stay as they were
 * before the step.
 */
export async function applyStep(
  parts: ApplyParts,
  position: Position,
  { share, statistics }: OwnPart,
  outcome: Pick<OutcomeOfAll, 'loss' | 'isFinite'>,
): Promise<void> {
  const { plan, settings, state, store, reporter } = parts;
  const isMixed = settings.precision === 'mixed';
  const { scale } = state.lossScale;
  if (!outcome.isFinite && (!isMixed || scale <= SMALLEST_SCALE)) {
    const NotFiniteError = Number.isFinite(outcome.loss) ? GradientsNotFiniteError : LossNotFiniteError;
    throw new NotFiniteError(position.iteration, position.phase.index, outcome.loss);
  }
  if (isMixed) {
    state.lossScale = afterStep(state.lossScale, outcome.isFinite);
    reporter.measured('lossScale', state.lossScale.scale);
  }
  if (!outcome.isFinite) {
    skip(parts, position, scale);
    return;
  }
  await store.update({
    learningRate: learningRateAt(plan.learningRateSchedule, position.fractionalEpoch),
    iteration: position.iteration,
  });
  if (share.spanning === null) {
    state.absorb(statistics, share.groups);
  } else {
    state.absorbPart(statistics, share.groups);
  }
}

function skip(
  { state, log, logger, reporter }: ApplyParts,
  { iteration }: Position,
  lossScale: number,
): void {
  state.skippedSteps += 1;
  log.append({ kind: 'skippedStep', seconds: state.seconds(), iteration, lossScale });
  reporter.measured('skippedSteps', state.skippedSteps);
  logger.info('step left out, its gradients overflowed', { iteration, lossScale });
}
