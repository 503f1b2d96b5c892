/**
 * The long cycle: in come the baseline's shape and stages, out come the shapes every stage runs through and the epochs
 * each of them trains. Every stage but the last runs all shapes, coarse to fine; the last is fine-tuning at the last
 * shape. Sums are taken in the reference's order, because rounding ties hang on it.
 */
import type { FilledRecipe, ShapeFactors } from '../api/filled-spec.ts';
import { roundHalfEven } from './rounding.ts';
import type { LongShape, Segment } from './segment.ts';

interface WeightedShape extends LongShape {
  /** Mean clips per step over the short cycle, relative to the baseline's batch. */
  readonly averageBatch: number;
}

interface LongCycle {
  readonly recipe: FilledRecipe;
  readonly shapes: readonly ShapeFactors[];
  readonly shortCycle: readonly number[] | null;
  readonly epochFactor: number;
}

interface RawSegment {
  readonly stage: number;
  readonly shape: WeightedShape;
  readonly epochs: number;
}

/**
 * Shape of a clip by its factors, whole frames and pixels; never less than one of each, so that a plan with a shape
 * that rounds to nothing can still be printed (it is reported as a problem).
 */
export function shapeOf(
  recipe: Pick<FilledRecipe, 'frames' | 'cropSize'>,
  factors: ShapeFactors,
): { readonly frames: number; readonly cropSize: number } {
  return {
    frames: Math.max(1, roundHalfEven(recipe.frames * factors.frames)),
    cropSize: Math.max(1, roundHalfEven(recipe.cropSize * factors.crop)),
  };
}

/** The shapes of the cycle with their batches. Short-cycle sizes enter unrounded and relative to the full crop. */
function weightedShapes({ recipe, shapes, shortCycle }: LongCycle): readonly WeightedShape[] {
  const defaultSize = recipe.frames * recipe.cropSize ** 2;
  const relativeBatch = (frames: number, side: number): number =>
    roundHalfEven(defaultSize / (frames * side * side));
  return shapes.map((factors) => {
    const { frames, cropSize } = shapeOf(recipe, factors);
    const sides = [...(shortCycle ?? []).map((factor) => recipe.cropSize * factor), cropSize];
    const batches = sides.map((side) => relativeBatch(frames, side));
    return {
      batchFactor: relativeBatch(frames, cropSize),
      frames,
      cropSize,
      // A cycle too large for a single clip is reported as a problem; printing it takes some length all the same.
      averageBatch: sum(batches) / batches.length || 1,
    };
  });
}

/** All stretches of the long cycle and the fine-tuning; ends are rounded running sums, so some may be empty. */
export function longCycleSegments(cycle: LongCycle): readonly Segment[] {
  const raw = rawSegments(cycle);
  const { recipe, epochFactor } = cycle;
  const scale = (recipe.epochs * epochFactor) / sum(raw.map((segment) => segment.epochs));
  let total = 0;
  let startEpoch = 0;
  return raw.map(({ stage, shape, epochs }) => {
    total += epochs * scale;
    const { batchFactor, frames, cropSize } = shape;
    const segment = {
      stage,
      shape: { batchFactor, frames, cropSize },
      startEpoch,
      endEpoch: roundHalfEven(total),
    };
    startEpoch = segment.endEpoch;
    return segment;
  });
}

/** Epochs before the epoch factor: every shape of a stage gets the same number of iterations. */
function rawSegments(cycle: LongCycle): readonly RawSegment[] {
  const { steps, epochs: maxEpoch } = cycle.recipe;
  const shapes = weightedShapes(cycle);
  const allBatches = sum(shapes.map((shape) => shape.averageBatch));
  const lastStep = steps.at(-1) ?? 0;
  const raw: RawSegment[] = [];
  let iterations = 0;
  for (const [stage, step] of steps.slice(0, -1).entries()) {
    const stageEpochs = (steps[stage + 1] ?? step) - step;
    for (const shape of shapes) {
      const epochs = (stageEpochs * shape.averageBatch) / allBatches;
      // Summed as epochs over batch, not as stageEpochs over all batches: the reference's rounding error, kept.
      iterations += epochs / shape.averageBatch;
      raw.push({ stage, shape, epochs });
    }
  }
  const last = shapes.at(-1);
  if (last === undefined) {
    return raw;
  }
  const iterationSaving = lastStep / iterations;
  const fineTuning = ((maxEpoch - lastStep) / iterationSaving) * last.averageBatch;
  return [...raw, { stage: steps.length - 1, shape: last, epochs: fineTuning }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
