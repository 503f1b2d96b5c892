/**
 * Predicted cost: iterations of the plan and of the baseline, and frame-pixels (clips x frames x side^2), the measure
 * that compute and decoding both follow. Exact counts, no sampling: whole short cycles plus the rest of each epoch.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { iterationsPerEpoch, iterationsByShape } from './short-cycle.ts';
import type { Phase, PlanTotals } from './types.ts';

/** Totals of the phases against the baseline of the same spec over the same clips. A ratio is 0 when nothing is run. */
export function totalsOf(spec: FilledSpec, phases: readonly Phase[], clips: number): PlanTotals {
  const { recipe } = spec;
  const baselineIterations = recipe.epochs * iterationsPerEpoch([recipe.batchSize], clips);
  const baselineFramePixels = baselineIterations * recipe.batchSize * recipe.frames * recipe.cropSize ** 2;
  const iterations = total(phases, (phase) => phase.iterationsPerEpoch);
  return {
    iterations,
    baselineIterations,
    iterationRatio: ratio(baselineIterations, iterations),
    framePixelRatio: ratio(baselineFramePixels, total(phases, framePixelsPerEpoch)),
  };
}

/** Clips x frames x side^2 of one epoch of a phase, over all workers. */
export function framePixelsPerEpoch(phase: Phase): number {
  const times = iterationsByShape(phase);
  return phase.shortCycle
    .map(
      ({ globalBatch, cropSize }, index) => (times[index] ?? 0) * globalBatch * phase.frames * cropSize ** 2,
    )
    .reduce((sum, part) => sum + part, 0);
}

function total(phases: readonly Phase[], perEpoch: (phase: Phase) => number): number {
  return phases.reduce((sum, phase) => sum + (phase.endEpoch - phase.startEpoch) * perEpoch(phase), 0);
}

function ratio(baseline: number, plan: number): number {
  return plan === 0 ? 0 : baseline / plan;
}
