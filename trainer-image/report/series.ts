/**
 * Makes traces of tens of thousands of steps small enough to draw. Step events come in, a few hundred bins go out; a bin
 * never reaches over a phase border, where loss and speed jump. The loss and accuracy charts call it. Pure.
 */
import type { StepEvent } from '../run-folder/events.ts';

/** The steps of one short stretch of wall-clock inside one phase. */
export interface StepBin {
  readonly phase: number;
  /** Middle of the stretch, seconds of training. */
  readonly seconds: number;
  readonly meanLoss: number;
  readonly lowLoss: number;
  readonly highLoss: number;
  /** Share of the bin's clips whose class was guessed right, 0 to 1. */
  readonly top1: number;
}

/**
 * At most about `bins` bins (one more for every phase), in order of time. Steps whose loss is not finite are left out.
 *
 * @param bins How many equal stretches the wall-clock of all steps is cut into, at least 1.
 */
export function binSteps(steps: readonly StepEvent[], bins: number): readonly StepBin[] {
  const finite = steps.filter((step) => Number.isFinite(step.loss));
  const first = finite[0];
  const last = finite.at(-1);
  if (first === undefined || last === undefined) {
    return [];
  }
  const width = Math.max((last.seconds - first.seconds) / bins, Number.EPSILON);
  const groups = new Map<string, StepEvent[]>();
  for (const step of finite) {
    const bin = Math.min(bins - 1, Math.floor((step.seconds - first.seconds) / width));
    const key = `${step.phase} ${bin}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [step]);
    } else {
      group.push(step);
    }
  }
  return [...groups.values()].map(binOf);
}

function binOf(steps: readonly StepEvent[]): StepBin {
  const losses = steps.map((step) => step.loss);
  const clips = sum(steps.map((step) => step.clips));
  return {
    phase: steps[0]!.phase,
    seconds: sum(steps.map((step) => step.seconds)) / steps.length,
    meanLoss: sum(losses) / losses.length,
    lowLoss: Math.min(...losses),
    highLoss: Math.max(...losses),
    top1: clips === 0 ? 0 : sum(steps.map((step) => step.top1 * step.clips)) / clips,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
