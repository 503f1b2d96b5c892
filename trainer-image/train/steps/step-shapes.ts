/**
 * From the plan to the shapes a worker's step graphs are built for: of a phase, of all phases still to come. Pure.
 */
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import type { StepShape } from '../../models/network.ts';
import { keyOf } from './micro-batches.ts';
import { stepShare, type Worker } from '../collective/step-share.ts';

/** Every step graph a phase needs, in the order of its short cycle. */
export function shapesOfPhase(phase: Phase, worker: Worker): readonly StepShape[] {
  return phase.shortCycle.map((shape) => stepShare(phase, shape, worker).shape);
}

/** Every step graph of the phases from number `first` on, in the order in which they are needed. */
export function shapesFrom(plan: Plan, first: number, worker: Worker): readonly StepShape[] {
  const shapes = plan.phases.slice(first).flatMap((phase) => shapesOfPhase(phase, worker));
  return [...new Map(shapes.map((shape) => [keyOf(shape), shape])).values()];
}
