/**
 * The training loop: read first. A step takes clips through the graph and moves the parameters; at the borders of the plan the
 * boundary takes over (evaluate, checkpoint, wait for the next directive). In: the parts of an open training and its state.
 * Out: the state at the end of the plan.
 */
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Boundary } from './borders/boundary.ts';
import type { Checkpointing } from './borders/checkpointing.ts';
import type { ClipSource } from './clip-source.ts';
import type { PhaseEntry } from './borders/phase-entry.ts';
import { positionAt, totalIterations } from './state/position.ts';
import type { TrainingState } from './state/training-state.ts';
import type { TrainingStep } from './training-step.ts';

export interface LoopParts {
  readonly plan: Plan;
  readonly state: TrainingState;
  readonly clips: ClipSource;
  readonly phases: PhaseEntry;
  readonly step: TrainingStep;
  readonly boundary: Boundary;
  readonly checkpointing: Checkpointing;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
}

/**
 * Trains from where the state stands to the end of the plan.
 *
 * @throws the signal's reason when `signal` aborted; the state is that of the last whole step and may be saved.
 * @throws LossNotFiniteError, GradientsNotFiniteError when a step's numbers are NaN or infinite; parameters and checkpoints stay
 * as they were before it.
 */
export async function train(
  { plan, state, clips, phases, step, boundary, checkpointing, nowMs }: LoopParts,
  signal: AbortSignal,
): Promise<void> {
  const total = totalIterations(plan);
  const batches = clips.training(plan, state.iteration, signal);
  let lastStepMs = nowMs();
  try {
    if (state.isBorderPending) {
      await boundary.closeEpoch();
    }
    let gate = state.iteration < total ? await boundary.openGate() : null;
    while (gate !== null && state.iteration < total) {
      const position = positionAt(plan, state.iteration);
      await phases.enterWhenNew(position, { lastStepMs, directiveWaitMs: gate.waitedMs });
      await step.take(position, batches, signal);
      lastStepMs = nowMs();
      if (position.isLastOfEpoch) {
        state.isBorderPending = true;
        await boundary.closeEpoch();
        gate = await boundary.passGate(gate);
      } else {
        await checkpointing.saveWhenDue();
      }
      signal.throwIfAborted();
    }
  } finally {
    await batches.return(undefined);
  }
}
