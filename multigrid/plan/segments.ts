/**
 * The schedule before it is a plan: consecutive stretches of epochs, each with one shape and one stage of the baseline.
 * Long cycle: `long-cycle.ts` says how long each shape trains. Without one: the stages themselves, stretched by the
 * epoch factor under a short cycle. `learning-rate.ts`, `evaluation.ts` and `phases.ts` read it.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { longCycleSegments } from './long-cycle.ts';
import type { Segment } from './segment.ts';

/** All stretches of the schedule in order, empty ones included; they tile the epochs without gaps. */
export function segmentsOf(spec: FilledSpec): readonly Segment[] {
  const { recipe, multigrid } = spec;
  const steps = ascendingSteps(recipe.steps, recipe.epochs);
  if (multigrid.longCycle !== null && steps.length >= 2) {
    return longCycleSegments({
      recipe: { ...recipe, steps },
      shapes: multigrid.longCycle,
      shortCycle: multigrid.shortCycle,
      epochFactor: multigrid.epochFactor,
    });
  }
  const shape = { batchFactor: 1, frames: recipe.frames, cropSize: recipe.cropSize };
  const starts = steps.map((step) => Math.trunc(step * multigrid.epochFactor));
  const end = Math.trunc(recipe.epochs * multigrid.epochFactor);
  return starts.map((startEpoch, stage) => ({
    stage,
    shape,
    startEpoch,
    endEpoch: starts[stage + 1] ?? end,
  }));
}

/** Steps that a schedule can be made of; those left out are reported as a problem of the plan. */
export function ascendingSteps(steps: readonly number[], epochs: number): readonly number[] {
  const usable = [0];
  for (const step of steps) {
    if (step > (usable.at(-1) ?? 0) && step <= epochs) {
      usable.push(step);
    }
  }
  return usable;
}
