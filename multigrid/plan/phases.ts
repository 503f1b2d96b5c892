/**
 * From stretches of the schedule to phases: maximal runs of epochs with one shape and one learning-rate factor. A phase
 * begins where the learning-rate schedule has a border or the shape changes. Everything a training needs to
 * know of the phase is worked out here; how many workers do it is not known here.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { groupCount } from './groups.ts';
import { scheduledRateAt } from './learning-rate.ts';
import type { LongShape, Segment } from './segment.ts';
import { iterationsPerEpoch, shortCycleOf } from './short-cycle.ts';
import type { LearningRateSchedule, Phase } from './types.ts';

/** The phases of a schedule, in order, tiling its epochs. */
export function phasesOf(
  spec: FilledSpec,
  segments: readonly Segment[],
  schedule: LearningRateSchedule,
  clips: number,
): readonly Phase[] {
  const filled = segments.filter((segment) => segment.endEpoch > segment.startEpoch);
  return filled
    .flatMap((segment, position) => {
      const isShapeChange = !isSameShape(filled[position - 1]?.shape, segment.shape);
      const inside = schedule.borders.filter(
        (border) => border >= segment.startEpoch && border < segment.endEpoch,
      );
      return [...new Set([...(isShapeChange ? [segment.startEpoch] : []), ...inside])].map((start) => ({
        start,
        segment,
      }));
    })
    .map(({ start, segment }, index, starts) => {
      const endEpoch = starts[index + 1]?.start ?? schedule.epochs;
      return phaseOf(spec, segment, { index, startEpoch: start, endEpoch }, schedule, clips);
    });
}

function isSameShape(one: LongShape | undefined, other: LongShape): boolean {
  return (
    one?.batchFactor === other.batchFactor && one.frames === other.frames && one.cropSize === other.cropSize
  );
}

function phaseOf(
  spec: FilledSpec,
  { stage, shape }: Segment,
  span: Pick<Phase, 'index' | 'startEpoch' | 'endEpoch'>,
  schedule: LearningRateSchedule,
  clips: number,
): Phase {
  const { recipe, multigrid } = spec;
  const globalBatch = shape.batchFactor * recipe.batchSize;
  const shortCycle = shortCycleOf(spec, shape.cropSize, globalBatch);
  return {
    index: span.index,
    stage,
    startEpoch: span.startEpoch,
    endEpoch: span.endEpoch,
    batchFactor: shape.batchFactor,
    frames: shape.frames,
    cropSize: shape.cropSize,
    globalBatch,
    learningRate: scheduledRateAt(schedule, span.startEpoch),
    stride: strideRange(recipe.stride, recipe.frames, shape.frames),
    groups: groupCount(globalBatch, multigrid.groupSize),
    shortCycle,
    iterationsPerEpoch: iterationsPerEpoch(
      shortCycle.map((step) => step.globalBatch),
      clips,
    ),
  };
}

/** Fewer frames may lie wider apart, up to the span of the baseline's clip. */
function strideRange(stride: number, fullFrames: number, frames: number): { min: number; max: number } {
  return { min: stride, max: Math.max(stride, stride * Math.floor(fullFrames / frames)) };
}
