/**
 * The end of an epoch, and of a phase: evaluate where the plan says so, checkpoint, and at a phase's end wait for the
 * operator's next directive. A directive opens the gate up to its last iteration; without one in time the trainer goes
 * on by the plan and says so, since an operator that is away must not cost training time. Called by `loop.ts`.
 */
import { type Directive, iterationsBefore } from '../../multigrid/directive.ts';
import { evaluateDuringTraining } from './evaluation/evaluate-network.ts';
import { positionAt, totalIterations } from './position.ts';
import { saveCheckpoint } from './checkpoints/save-checkpoint.ts';
import type { TrainingRun } from './training-run.ts';

/** How far training may go before it asks again. */
export interface Gate {
  /** Generation of the directive that opened it; later ones open it further. */
  readonly generation: number;
  /** Iterations that may be done, counted from the start of training. */
  readonly lastIteration: number;
  /** Time for which training stood before it until it opened, milliseconds. */
  readonly waitedMs: number;
}

/** Waits for a directive that covers the next iteration. */
export function openGate(run: TrainingRun, signal: AbortSignal): Promise<Gate> {
  return passGate(run, { generation: 0, lastIteration: 0, waitedMs: 0 }, signal);
}

/**
 * Does what is due at the end of the epoch that the last iteration ended. A resume repeats it when it was interrupted.
 *
 * @throws the signal's reason when aborted in an evaluation.
 */
export async function closeEpoch(run: TrainingRun, signal: AbortSignal): Promise<void> {
  const { plan, state } = run;
  const position = positionAt(plan, state.iteration - 1);
  if (plan.evaluationEpochs.includes(position.epoch) || position.isLastOfPhase) {
    await run.reporter.say('Evaluating');
    await evaluateDuringTraining(run, position, signal);
  }
  state.isBorderPending = false;
  if (plan.checkpointEpochs.includes(position.epoch) || position.isLastOfPhase) {
    await saveCheckpoint(run);
  }
}

/**
 * Lets the next iteration pass: at once while the gate is open, else when a directive opens it or the grace time is over.
 *
 * @throws the signal's reason when aborted while waiting.
 */
export async function passGate(run: TrainingRun, gate: Gate, signal: AbortSignal): Promise<Gate> {
  const { state, link, reporter, settings } = run;
  if (state.iteration < gate.lastIteration || state.iteration >= totalIterations(run.plan)) {
    return gate;
  }
  const startMs = run.nowMs();
  let open = widened(gate, link.directive());
  while (state.iteration >= open.lastIteration) {
    await reporter.say('Waiting');
    const directive = await link.nextDirective(open.generation, settings.directiveGraceMs, signal);
    if (directive === null) {
      reporter.follow(null);
      run.logger.warn('no directive came, going on by the plan', { waitedMs: settings.directiveGraceMs });
      const lastIteration = endOfPhaseAt(run, state.iteration);
      return { generation: open.generation, lastIteration, waitedMs: run.nowMs() - startMs };
    }
    open = widened(open, directive);
    // Also a directive for iterations already done is acknowledged: the operator answers it with the next one.
    reporter.follow(directive);
  }
  reporter.follow(link.directive());
  return { ...open, waitedMs: run.nowMs() - startMs };
}

function widened(gate: Gate, directive: Directive | null): Gate {
  return directive === null || directive.generation <= gate.generation
    ? gate
    : { generation: directive.generation, lastIteration: directive.lastIteration, waitedMs: 0 };
}

function endOfPhaseAt({ plan }: TrainingRun, iteration: number): number {
  return iterationsBefore(plan.phases, positionAt(plan, iteration).phase.index + 1);
}
