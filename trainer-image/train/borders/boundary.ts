/**
 * The end of an epoch, and of a phase: evaluate where the plan says so, checkpoint, and at a phase's end wait for the
 * operator's next directive. A directive opens the gate up to its last iteration; without one in time the trainer goes
 * on by the plan and says so, since an operator that is away must not cost training time.
 */
import { checkDirective, type Directive, iterationsBefore } from '../../../multigrid/directive.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { JobLink } from '../../link/job-link.ts';
import type { JointStop } from '../collective/joint-stop.ts';
import type { Worker } from '../collective/step-share.ts';
import type { Checkpointing } from './checkpointing.ts';
import type { Evaluations } from '../evaluation/evaluations.ts';
import type { Logger } from '../logger.ts';
import { positionAt, totalIterations } from '../state/position.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { TrainingState } from '../state/training-state.ts';

/** How far training may go before it asks again. */
export interface Gate {
  /** Generation of the directive that opened it; later ones open it further. */
  readonly generation: number;
  /** Iterations that may be done, counted from the start of training. */
  readonly lastIteration: number;
  /** Time for which training stood before it until it opened, milliseconds. */
  readonly waitedMs: number;
}

export interface BoundaryParts {
  readonly plan: Plan;
  readonly worker: Pick<Worker, 'workers'>;
  readonly state: TrainingState;
  readonly link: Pick<JobLink, 'directive' | 'nextDirective'>;
  readonly stop: Pick<JointStop, 'together'>;
  readonly directiveGraceMs: number;
  readonly evaluations: Evaluations;
  readonly checkpointing: Checkpointing;
  readonly reporter: Pick<ProgressReporter, 'say' | 'follow'>;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export class Boundary {
  readonly #parts: BoundaryParts;

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
  }

  /** Waits for a directive that covers the next iteration. */
  openGate(): Promise<Gate> {
    return this.passGate({ generation: 0, lastIteration: 0, waitedMs: 0 });
  }

  /**
   * Does what is due at the end of the epoch that the last iteration ended. A resume repeats it when it was interrupted.
   *
   * @throws the reason of the joint stop's signal when asked to stop in an evaluation.
   */
  async closeEpoch(): Promise<void> {
    const { plan, state, reporter, evaluations, checkpointing } = this.#parts;
    const position = positionAt(plan, state.iteration - 1);
    if (plan.evaluationEpochs.includes(position.epoch) || position.isLastOfPhase) {
      await reporter.say('Evaluating');
      await evaluations.duringTraining(position);
    }
    state.isBorderPending = false;
    if (plan.checkpointEpochs.includes(position.epoch) || position.isLastOfPhase) {
      await checkpointing.save();
    } else {
      await checkpointing.saveWhenDue();
    }
  }

  /**
   * Lets the next iteration pass: at once while the gate is open, else when a directive opens it or the grace time is over.
   *
   * @throws the reason of the joint stop's signal when asked to stop while waiting; DirectiveError.
   */
  async passGate(gate: Gate): Promise<Gate> {
    const { plan, state, link, stop, directiveGraceMs, reporter, logger, nowMs } = this.#parts;
    if (state.iteration < gate.lastIteration || state.iteration >= totalIterations(plan)) {
      return gate;
    }
    const startMs = nowMs();
    let open = widened(this.#parts, gate, link.directive());
    while (state.iteration >= open.lastIteration) {
      await reporter.say('Waiting');
      const { generation } = open;
      const directive = await stop.together((asked) =>
        link.nextDirective(generation, directiveGraceMs, asked),
      );
      if (directive === null) {
        reporter.follow(null);
        logger.warn('no directive arrived, continuing by the plan', { waitedMs: directiveGraceMs });
        const lastIteration = endOfPhaseAt(plan, state.iteration);
        return { generation: open.generation, lastIteration, waitedMs: nowMs() - startMs };
      }
      open = widened(this.#parts, open, directive);
      // Also a directive for iterations already done is acknowledged: the operator answers it with the next one.
      reporter.follow(directive);
    }
    reporter.follow(link.directive());
    return { ...open, waitedMs: nowMs() - startMs };
  }
}

/** @throws DirectiveError for one that is not for this plan, these workers, or a trainer that shares clips out as this one. */
function widened(
  { plan, worker }: Pick<BoundaryParts, 'plan' | 'worker'>,
  gate: Gate,
  directive: Directive | null,
): Gate {
  if (directive === null || directive.generation <= gate.generation) {
    return gate;
  }
  checkDirective(directive, plan, worker.workers);
  return { generation: directive.generation, lastIteration: directive.lastIteration, waitedMs: 0 };
}

function endOfPhaseAt(plan: Plan, iteration: number): number {
  return iterationsBefore(plan.phases, positionAt(plan, iteration).phase.index + 1);
}
