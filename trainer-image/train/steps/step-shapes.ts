/**
 * From the plan to the shapes a worker's step graphs are built for: of one step, of a phase, of all phases still to come. Pure.
 */
import type { Phase, Plan, ShortCycleShape } from '../../../multigrid/plan/types.ts';
import { groupsOfPhase, type Position } from '../position.ts';
import type { StepShapeRequest } from '../memory/partition.ts';

/** The step graph an iteration needs. */
export function shapeOfStep(position: Position): StepShapeRequest {
  return requestOf(position.phase, position.shape);
}

/** Every step graph a phase needs, in the order of its short cycle. */
export function shapesOfPhase(phase: Phase): readonly StepShapeRequest[] {
  return phase.shortCycle.map((shape) => requestOf(phase, shape));
}

/** Every step graph of the phases from number `first` on, in the order in which they are needed. */
export function shapesFrom(plan: Plan, first: number): readonly StepShapeRequest[] {
  const shapes = plan.phases.slice(first).flatMap(shapesOfPhase);
  return [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()];
}

function requestOf(phase: Phase, shape: ShortCycleShape): StepShapeRequest {
  return {
    clips: shape.batchPerWorker,
    groups: groupsOfPhase(phase),
    frames: phase.frames,
    cropSize: shape.cropSize,
  };
}
