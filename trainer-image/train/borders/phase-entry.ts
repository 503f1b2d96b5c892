/**
 * The beginning of a phase, and of a resume in the middle of one: the statistics for its batch-norm groups, its graphs, and in
 * the background those of the phase after it, so that the border costs no session creation. In: the first position there. Out:
 * all that the phase's steps need is in place.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { Logger } from '../logger.ts';
import type { Position } from '../state/position.ts';
import type { TrainingState } from '../state/training-state.ts';
import type { StepKit } from '../steps/step-kit.ts';
import { shapesFrom, shapesOfPhase } from '../steps/step-shapes.ts';
import type { Worker } from '../collective/step-share.ts';

/** What lies between the last step of a phase and the first of the next. */
export interface Border {
  readonly lastStepMs: number;
  readonly directiveWaitMs: number;
}

export interface PhaseEntryParts {
  readonly plan: Plan;
  readonly worker: Worker;
  readonly state: TrainingState;
  readonly steps: Pick<StepKit, 'keepOnly' | 'prepare'>;
  readonly log: Pick<MetricsLog, 'append'>;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export class PhaseEntry {
  readonly #parts: PhaseEntryParts;
  /** Index of the phase whose graphs are there; -1: none. */
  #ready = -1;

  constructor(parts: PhaseEntryParts) {
    this.#parts = parts;
  }

  /** Nothing while the phase stays the same. */
  async enterWhenNew(position: Position, border: Border): Promise<void> {
    if (this.#ready !== position.phase.index) {
      await this.#enter(position, border);
      this.#ready = position.phase.index;
    }
  }

  async #enter(position: Position, { lastStepMs, directiveWaitMs }: Border): Promise<void> {
    const { plan, worker, state, steps, log, logger, nowMs } = this.#parts;
    const { phase, epoch, iteration } = position;
    if (position.isFirstOfPhase) {
      await state.beginPhase(phase);
    }
    await steps.keepOnly(shapesFrom(plan, phase.index, worker));
    await steps.prepare(shapesOfPhase(phase, worker));
    const next = plan.phases[phase.index + 1];
    if (next !== undefined) {
      void steps.prepare(shapesOfPhase(next, worker));
    }
    const transitionMs = nowMs() - lastStepMs;
    if (position.isFirstOfPhase) {
      const seconds = state.seconds();
      log.append({
        kind: 'phase',
        seconds,
        phase: phase.index,
        epoch,
        iteration,
        transitionMs,
        directiveWaitMs,
      });
    }
    const { frames, cropSize } = phase;
    logger.info('phase entered', { phase: phase.index, frames, cropSize, transitionMs, directiveWaitMs });
  }
}
