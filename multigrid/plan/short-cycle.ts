/**
 * The short cycle: successive iterations of an epoch train on crops of falling batch and rising size, iteration `i` on
 * shape `i mod length`. Frames and learning rate stay. Also the true number of iterations that gives, which the last,
 * incomplete batch does not count into.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { roundHalfEven } from './rounding.ts';
import type { Phase, ShortCycleShape } from './types.ts';

/**
 * The shapes of the cycle for one long-cycle crop, in order; the long-cycle crop itself comes last.
 *
 * @param batch clips per step, over all workers, at the long-cycle crop
 */
export function shortCycleOf(spec: FilledSpec, cropSize: number, batch: number): readonly ShortCycleShape[] {
  const { recipe, multigrid, data } = spec;
  const minJitter = data.jitterScales[0];
  const shape = (side: number, globalBatch: number): ShortCycleShape => ({
    cropSize: side,
    globalBatch,
    minScale: roundHalfEven((minJitter * side) / recipe.cropSize),
  });
  const smaller = (multigrid.shortCycle ?? []).map((factor) => {
    const clips = batch * shortBatchFactor(cropSize, factor * recipe.cropSize);
    return shape(Math.max(1, roundHalfEven(recipe.cropSize * factor)), clips);
  });
  return [...smaller, shape(cropSize, batch)];
}

/** Clips at a crop of the short cycle (its unrounded side, pixels) over clips at the long cycle's crop; may be 0. */
function shortBatchFactor(longCropSize: number, side: number): number {
  return roundHalfEven((longCropSize / side) ** 2);
}

/** The shape that iteration `iterationInEpoch` (from 0) of a phase's epoch trains on. Every epoch starts anew. */
export function shapeAt(phase: Pick<Phase, 'shortCycle'>, iterationInEpoch: number): ShortCycleShape {
  const shape = phase.shortCycle[iterationInEpoch % phase.shortCycle.length];
  if (shape === undefined) {
    throw new RangeError(`a phase without shapes has none for iteration ${iterationInEpoch}`);
  }
  return shape;
}

/** Iterations of one epoch: batches of the cycle taken one after the other until the next one is incomplete. */
export function iterationsPerEpoch(batches: readonly number[], clips: number): number {
  const cycle = batches.reduce((sum, batch) => sum + batch, 0);
  if (cycle === 0) {
    return 0;
  }
  const wholeCycles = Math.floor(clips / cycle);
  let rest = clips - wholeCycles * cycle;
  let iterations = wholeCycles * batches.length;
  for (const batch of batches) {
    if (rest < batch) {
      break;
    }
    rest -= batch;
    iterations += 1;
  }
  return iterations;
}

/** How many iterations of an epoch train on each shape of the cycle, in its order. */
export function iterationsByShape({
  shortCycle,
  iterationsPerEpoch: iterations,
}: Pick<Phase, 'shortCycle' | 'iterationsPerEpoch'>): readonly number[] {
  const wholeCycles = Math.floor(iterations / shortCycle.length);
  return shortCycle.map((_, index) => wholeCycles + (index < iterations % shortCycle.length ? 1 : 0));
}
