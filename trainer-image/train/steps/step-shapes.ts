/**
 * From the plan to the shapes a worker's step graphs are built for: of a phase, of all phases still to come. Pure.
 */
import { groupsOf } from '../../../multigrid/plan/groups.ts';
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import type { StepShape } from '../../models/network.ts';
import { keyOf } from './micro-batches.ts';
import { type StepShare, stepShare, type Worker } from '../collective/step-share.ts';

/** Every step graph a phase needs, in the order of its short cycle. */
export function shapesOfPhase(phase: Phase, worker: Worker): readonly StepShape[] {
  return phase.shortCycle.map((shape) => stepShare(phase, shape, worker).shape);
}

/** Every step graph of the phases from number `first` on, in the order in which they are needed. */
export function shapesFrom(plan: Plan, first: number, worker: Worker): readonly StepShape[] {
  const shapes = sharesFrom(plan, first, worker).map(({ shape }) => shape);
  return [...new Map(shapes.map((shape) => [keyOf(shape), shape])).values()];
}

/**
 * The worker's part of every different step of the phases from number `first` on. Steps that are different for all workers
 * together are so for each, also where its own part is the same: all have the same list.
 */
export function sharesFrom(plan: Plan, first: number, worker: Worker): readonly StepShare[] {
  const shares = plan.phases.slice(first).flatMap((phase) =>
    phase.shortCycle.map((shape) => {
      const whole = { clips: shape.globalBatch, groups: groupsOf(phase), frames: phase.frames };
      const key = keyOf({ ...whole, cropSize: shape.cropSize });
      return [key, stepShare(phase, shape, worker)] as const;
    }),
  );
  return [...new Map(shares).values()];
}
