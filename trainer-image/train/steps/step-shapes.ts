/**
 * From the plan to the shapes a worker's step graphs are built for: of one step, of a phase, of all phases still to come. Pure.
 */
import { groupsOf } from '../../../multigrid/plan/groups.ts';
import type { Phase, Plan, ShortCycleShape } from '../../../multigrid/plan/types.ts';
import type { StepShape } from '../../models/network.ts';
import type { Position } from '../state/position.ts';
import { keyOf } from './micro-batches.ts';

/** The step graph an iteration needs. */
export function shapeOfStep(position: Position): StepShape {
  return shapeOf(position.phase, position.shape);
}

/** Every step graph a phase needs, in the order of its short cycle. */
export function shapesOfPhase(phase: Phase): readonly StepShape[] {
  return phase.shortCycle.map((shape) => shapeOf(phase, shape));
}

/** Every step graph of the phases from number `first` on, in the order in which they are needed. */
export function shapesFrom(plan: Plan, first: number): readonly StepShape[] {
  const shapes = plan.phases.slice(first).flatMap(shapesOfPhase);
  return [...new Map(shapes.map((shape) => [keyOf(shape), shape])).values()];
}

function shapeOf(phase: Phase, shape: ShortCycleShape): StepShape {
  return {
    clips: shape.globalBatch,
    groups: groupsOf(phase),
    frames: phase.frames,
    cropSize: shape.cropSize,
  };
}
