/**
 * The short cycle as teeth of a comb. Thousands of iterations cannot be drawn one by one, so every phase gets as many
 * whole turns of its short cycle as fit; the order, heights and colours of the teeth are those of the iterations. Pure.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';

/** One tooth, in epochs. */
export interface Tooth {
  readonly start: number;
  readonly end: number;
  readonly clips: number;
  readonly crop: number;
}

/** Narrowest tooth that still reads as one, pixels. */
const TOOTH_WIDTH = 5;
/** Left free at the end of a phase, pixels. */
const PHASE_GAP = 2;

/** @param plotWidth Width of all epochs together, pixels. */
export function shortCycleTeeth(plan: Plan, plotWidth: number): readonly Tooth[] {
  const epochsPerPixel = plan.epochs / plotWidth;
  return plan.phases.flatMap((phase) => {
    const length = phase.endEpoch - phase.startEpoch - PHASE_GAP * epochsPerPixel;
    const distinct = new Set(phase.shortCycle.map((shape) => `${shape.cropSize} ${shape.globalBatch}`)).size;
    const cycle = distinct === 1 ? phase.shortCycle.slice(0, 1) : phase.shortCycle;
    const fitting = Math.floor(length / epochsPerPixel / (TOOTH_WIDTH * cycle.length));
    const turns = distinct === 1 ? 1 : Math.max(1, fitting);
    const width = Math.max(length, epochsPerPixel) / (turns * cycle.length);
    return Array.from({ length: turns }, () => cycle)
      .flat()
      .map((shape, i) => ({
        start: phase.startEpoch + i * width,
        end: phase.startEpoch + (i + 1) * width,
        clips: shape.globalBatch,
        crop: shape.cropSize,
      }));
  });
}
