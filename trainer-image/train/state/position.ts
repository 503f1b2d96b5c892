/**
 * Where an iteration stands: its phase, epoch and place in the short cycle, and which part of the epoch's permutation
 * it trains on. Pure arithmetic on the plan; the loop, the clip requests and the progress meter all ask here, so a
 * resumed run finds the very place it left.
 */
import { iterationsBefore, phaseIterations } from '../../../multigrid/directive.ts';
import { shapeAt } from '../../../multigrid/plan/short-cycle.ts';
import type { Phase, Plan, ShortCycleShape } from '../../../multigrid/plan/types.ts';

export interface Position {
  /** Iterations done before this one, since the start of training. */
  readonly iteration: number;
  readonly phase: Phase;
  /** Whole epochs done. */
  readonly epoch: number;
  readonly iterationInEpoch: number;
  /** What learning rates are read at: whole epochs plus the share of this one that is done. */
  readonly fractionalEpoch: number;
  readonly shape: ShortCycleShape;
  /** First place in the epoch's permutation that this iteration takes, all workers together. */
  readonly firstSample: number;
  readonly isFirstOfPhase: boolean;
  readonly isLastOfEpoch: boolean;
  readonly isLastOfPhase: boolean;
}

/** Iterations of the whole plan. */
export function totalIterations(plan: Plan): number {
  return iterationsBefore(plan.phases, plan.phases.length);
}

/**
 * The position of one iteration.
 *
 * @param iteration - 0-based, less than {@link totalIterations}.
 * @throws RangeError past the end of the plan.
 */
export function positionAt(plan: Plan, iteration: number): Position {
  let before = 0;
  for (const phase of plan.phases) {
    const length = phaseIterations(phase);
    if (iteration < before + length) {
      return positionIn(phase, iteration, iteration - before, length);
    }
    before += length;
  }
  throw new RangeError(`the plan ends after ${before} iterations, so there is no iteration ${iteration}`);
}

function positionIn(phase: Phase, iteration: number, inPhase: number, length: number): Position {
  const iterationInEpoch = inPhase % phase.iterationsPerEpoch;
  const epoch = phase.startEpoch + Math.floor(inPhase / phase.iterationsPerEpoch);
  const cycle = phase.shortCycle;
  // The short cycle starts anew with every epoch, as the reference's sampler does.
  const place = iterationInEpoch % cycle.length;
  const clipsPerCycle = sumOfBatches(cycle);
  const rounds = Math.floor(iterationInEpoch / cycle.length);
  return {
    iteration,
    phase,
    epoch,
    iterationInEpoch,
    fractionalEpoch: epoch + iterationInEpoch / phase.iterationsPerEpoch,
    shape: shapeAt(phase, iterationInEpoch),
    firstSample: rounds * clipsPerCycle + sumOfBatches(cycle.slice(0, place)),
    isFirstOfPhase: inPhase === 0,
    isLastOfEpoch: iterationInEpoch === phase.iterationsPerEpoch - 1,
    isLastOfPhase: inPhase === length - 1,
  };
}

function sumOfBatches(shapes: readonly ShortCycleShape[]): number {
  return shapes.reduce((sum, shape) => sum + shape.globalBatch, 0);
}
