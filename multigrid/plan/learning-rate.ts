/**
 * The learning rate: from the recipe and the schedule's stretches to a `LearningRateSchedule`, and from that to the rate
 * at any moment. With a long cycle the rate grows with the batch (B times the stage's), and the fine-tuning stage is
 * halved: first half at the rate before it, second half at its own. The trainer asks before every iteration.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { decimalPower } from './rounding.ts';
import type { Segment } from './segment.ts';
import type { LearningRateSchedule } from './types.ts';

interface Step {
  readonly epoch: number;
  readonly factor: number;
}

/**
 * The learning rate at a fractional epoch: epochs done plus iterations done of this epoch over its iterations.
 *
 * Warm-up rises linearly from its start to the rate at its end, whatever borders lie within it.
 */
export function learningRateAt(schedule: LearningRateSchedule, epoch: number): number {
  const { epochs: length, learningRate: start } = schedule.warmup;
  if (epoch >= length) {
    return scheduledRateAt(schedule, epoch);
  }
  return start + (epoch * (scheduledRateAt(schedule, length) - start)) / length;
}

/** The learning rate as if there were no warm-up. */
export function scheduledRateAt(schedule: LearningRateSchedule, epoch: number): number {
  const next = schedule.borders.findIndex((border) => border > epoch);
  const factor = schedule.factors.at(next === -1 ? -1 : Math.max(0, next - 1)) ?? 1;
  if (schedule.policy === 'steps') {
    return schedule.base * factor;
  }
  const progress = schedule.epochs === 0 ? 1 : Math.min(1, epoch / schedule.epochs);
  const height = (Math.cos(Math.PI * progress) + 1) / 2;
  return factor * (schedule.end + (schedule.base - schedule.end) * height);
}

/** The schedule of learning rates that goes with the stretches of `segmentsOf(spec)`. */
export function learningRateScheduleOf(spec: FilledSpec, segments: readonly Segment[]): LearningRateSchedule {
  const { recipe } = spec;
  const steps = effectiveSteps(
    recipe.learningRatePolicy === 'steps' ? stepwise(spec, segments) : batchSteps(segments),
  );
  return {
    policy: recipe.learningRatePolicy,
    base: recipe.learningRate,
    borders: steps.map((step) => step.epoch),
    factors: steps.map((step) => step.factor),
    epochs: segments.at(-1)?.endEpoch ?? 0,
    end: recipe.finalLearningRate,
    warmup: recipe.warmup,
  };
}

function stepwise({ recipe, multigrid }: FilledSpec, segments: readonly Segment[]): readonly Step[] {
  const last = segments.at(-1);
  if (multigrid.longCycle === null || last === undefined || segments.length < 2) {
    return segments.map(({ startEpoch, stage }) => ({
      epoch: startEpoch,
      factor: recipe.relativeLearningRates[stage] ?? decimalPower(recipe.gamma, stage),
    }));
  }
  const factors = segments.map(({ stage, shape }) => decimalPower(recipe.gamma, stage) * shape.batchFactor);
  const middle = Math.floor((last.startEpoch + last.endEpoch) / 2);
  const before = factors.at(-2) ?? 1;
  return [
    ...segments.map(({ startEpoch }, index) => ({
      epoch: startEpoch,
      factor: index === segments.length - 1 ? before : (factors[index] ?? 1),
    })),
    { epoch: middle, factor: factors.at(-1) ?? 1 },
  ];
}

/** Cosine: only the batch factor steps. */
function batchSteps(segments: readonly Segment[]): readonly Step[] {
  return segments
    .filter(({ startEpoch, endEpoch }) => endEpoch > startEpoch)
    .map(({ startEpoch, shape }) => ({ epoch: startEpoch, factor: shape.batchFactor }))
    .filter((step, index, all) => step.factor !== all[index - 1]?.factor);
}

/** Of several steps at one epoch the last holds; the first is there even when there is no epoch at all. */
function effectiveSteps(steps: readonly Step[]): readonly Step[] {
  const effective = steps.filter((step, index) => steps[index + 1]?.epoch !== step.epoch);
  return effective.length > 0 ? effective : [{ epoch: 0, factor: 1 }];
}
