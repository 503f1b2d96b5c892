/**
 * Problems of shapes: frames that the network cannot take, crops too small for it, shapes that round to nothing or cost
 * so much that no clip is left. Each names the phase and the nearest legal baseline, which is what the user can change.
 */
import type { FilledSpec } from '../../api/filled-spec.ts';
import { networkOf, shapeLimitsOf, type ShapeLimits } from '../../api/network.ts';
import { shapeOf } from '../long-cycle.ts';
import { roundHalfEven } from '../rounding.ts';
import type { Phase, PlanProblem } from '../types.ts';
import type { PlanFacts, ProblemCode } from './facts.ts';
import { nearestLegal, suggestions } from './nearest.ts';

/** Ranges of the API. */
const FRAMES = { min: 1, max: 1024 };
const CROP = { min: 8, max: 1024 };

export function shapeProblems(spec: FilledSpec, { phases }: PlanFacts): readonly PlanProblem[] {
  const limits = shapeLimitsOf(networkOf(spec));
  const framesNearest = nearestFrames(spec, limits);
  const cropNearest = nearestCrops(spec, limits);
  return [
    ...roundedAway(spec),
    ...phases.flatMap((phase) => [
      ...framesProblem(spec, phase, limits, framesNearest),
      ...cropProblem(spec, phase, limits, cropNearest),
      ...sizeProblem(phase),
    ]),
  ];
}

function problem(
  phase: Phase | null,
  code: ProblemCode,
  message: string,
  nearest: PlanProblem['nearest'],
): PlanProblem {
  return { phase: phase?.index ?? null, code, message, nearest };
}

function roundedAway({ recipe, multigrid }: FilledSpec): readonly PlanProblem[] {
  return (multigrid.longCycle ?? [])
    .filter(
      ({ frames, crop }) =>
        roundHalfEven(recipe.frames * frames) < 1 || roundHalfEven(recipe.cropSize * crop) < 1,
    )
    .map(({ frames, crop }) =>
      problem(
        null,
        'ShapeRoundsToNothing',
        `a long-cycle shape with the factors ${frames} on ${recipe.frames} frames and ${crop} on ${recipe.cropSize} pixels rounds to nothing`,
        {
          'recipe.frames': Math.ceil(1 / frames),
          'recipe.cropSize': Math.max(CROP.min, Math.ceil(1 / crop)),
        },
      ),
    );
}

function fits(frames: number, limits: ShapeLimits): boolean {
  return frames >= limits.minFrames && frames % limits.framesMultiple === 0;
}

function framesProblem(
  spec: FilledSpec,
  phase: Phase,
  limits: ShapeLimits,
  nearest: PlanProblem['nearest'],
): readonly PlanProblem[] {
  if (fits(phase.frames, limits)) {
    return [];
  }
  const legal =
    limits.framesMultiple > 1
      ? `a multiple of ${limits.framesMultiple} (model.architecture.alpha)`
      : `at least ${limits.minFrames}`;
  const message = `clips have ${phase.frames} frames, but ${spec.model.name} needs ${legal}`;
  return [problem(phase, 'FramesUnfit', message, nearest)];
}

/** Baseline frame counts with which every shape of the cycle fits the network. */
function nearestFrames({ recipe, multigrid }: FilledSpec, limits: ShapeLimits): PlanProblem['nearest'] {
  const factors = multigrid.longCycle ?? [{ frames: 1, crop: 1 }];
  const isLegal = (frames: number): boolean =>
    factors.every((factor) => fits(shapeOf({ ...recipe, frames }, factor).frames, limits));
  return suggestions({ 'recipe.frames': nearestLegal(recipe.frames, FRAMES, isLegal) });
}

function cropProblem(
  spec: FilledSpec,
  phase: Phase,
  limits: ShapeLimits,
  nearest: PlanProblem['nearest'],
): readonly PlanProblem[] {
  const smallest = Math.min(...phase.shortCycle.map((shape) => shape.cropSize));
  if (smallest >= limits.minCropSize) {
    return [];
  }
  const stages = spec.model.architecture.blocks.length;
  const message = `crops are down to ${smallest} pixels, but ${spec.model.name} with ${stages} stages needs at least ${limits.minCropSize}`;
  return [problem(phase, 'CropTooSmall', message, nearest)];
}

function nearestCrops({ recipe, multigrid }: FilledSpec, limits: ShapeLimits): PlanProblem['nearest'] {
  const factors = [
    ...(multigrid.longCycle ?? [{ crop: 1 }]).map(({ crop }) => crop),
    ...(multigrid.shortCycle ?? []),
  ];
  const isLegal = (crop: number): boolean =>
    factors.every((factor) => roundHalfEven(crop * factor) >= limits.minCropSize);
  return suggestions({ 'recipe.cropSize': nearestLegal(recipe.cropSize, CROP, isLegal) });
}

function sizeProblem(phase: Phase): readonly PlanProblem[] {
  if (phase.batchFactor === 0) {
    const message = `${phase.frames} frames of ${phase.cropSize} pixels cost more than twice the baseline's clip, so no whole batch is left; use smaller factors in multigrid.longCycle.shapes`;
    return [problem(phase, 'ShapeTooLarge', message, {})];
  }
  const empty = phase.shortCycle.find((shape) => shape.batchPerWorker === 0);
  if (phase.batchPerWorker === 0 || empty === undefined) {
    return [];
  }
  const message = `short-cycle crops of ${empty.cropSize} pixels are so much larger than the phase's ${phase.cropSize} that no clip is left; use smaller factors in multigrid.shortCycle.crops`;
  return [problem(phase, 'ShortCycleBatchZero', message, {})];
}
