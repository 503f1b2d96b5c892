/**
 * Problems of shapes: frames that the network cannot take, crops too small for it, shapes that round to nothing or cost
 * so much that no clip is left. Each names the phase and the nearest legal baseline, which is what the user can change.
 */
import type { ShapeLimits } from '../../contract/network.ts';
import type { FilledSpec } from '../../api/filled-spec.ts';
import { isOnnxFile, shapeLimitsOfModel } from '../../api/network.ts';
import { shapeOf } from '../long-cycle.ts';
import { roundHalfEven } from '../rounding.ts';
import type { Phase, PlanProblem } from '../types.ts';
import type { PlanFacts, ProblemCode } from './facts.ts';
import { nearestLegal, suggestions } from './nearest.ts';

/** Ranges of the API. */
const FRAMES = { min: 1, max: 1024 };
const CROP = { min: 8, max: 1024 };

export function shapeProblems(spec: FilledSpec, { phases }: PlanFacts): readonly PlanProblem[] {
  const limits = shapeLimitsOfModel(spec.model);
  const isUnfit = phases.some((phase) => !fits(phase.frames, limits));
  const isSmall = phases.some((phase) => smallestCrop(phase) < limits.minCropSize);
  const framesNearest = isUnfit ? nearestFrames(spec, limits) : {};
  const cropNearest = isSmall ? nearestCrops(spec, limits) : {};
  return [
    ...roundedAway(spec),
    ...phases.flatMap((phase) => [
      ...framesProblem(spec, phase, limits, framesNearest),
      ...cropProblem(spec, phase, limits, cropNearest),
      ...sizeProblem(spec, phase),
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

/** Shapes whose factors leave no frame or no pixel; the plan shows them with one. */
function roundedAway({ recipe, multigrid }: FilledSpec): readonly PlanProblem[] {
  const shapes = multigrid.longCycle ?? [];
  const haveFrames = (frames: number): boolean =>
    shapes.every((factors) => roundHalfEven(frames * factors.frames) >= 1);
  const havePixels = (crop: number): boolean =>
    shapes.every((factors) => roundHalfEven(crop * factors.crop) >= 1);
  if (haveFrames(recipe.frames) && havePixels(recipe.cropSize)) {
    return [];
  }
  const message = `${recipe.frames} frames or ${recipe.cropSize} pixels are too few for the factors in multigrid.longCycle.shapes: a shape rounds to nothing`;
  const nearest = suggestions({
    'recipe.frames': haveFrames(recipe.frames) ? null : nearestLegal(recipe.frames, FRAMES, haveFrames),
    'recipe.cropSize': havePixels(recipe.cropSize) ? null : nearestLegal(recipe.cropSize, CROP, havePixels),
  });
  return [problem(null, 'ShapeRoundsToNothing', message, nearest)];
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

function smallestCrop({ shortCycle }: Phase): number {
  return Math.min(...shortCycle.map((shape) => shape.cropSize));
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
  const smallest = smallestCrop(phase);
  if (smallest >= limits.minCropSize) {
    return [];
  }
  const stages = isOnnxFile(spec.model) ? 0 : spec.model.architecture.blocks.length;
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

function sizeProblem({ recipe }: FilledSpec, phase: Phase): readonly PlanProblem[] {
  if (phase.batchFactor === 0) {
    const message = `a clip of ${phase.frames} frames of ${phase.cropSize} pixels costs at least twice the baseline's, so no whole batch is left`;
    const largest = Math.sqrt((2 * recipe.frames) / phase.frames);
    return [
      problem(phase, 'ShapeTooLarge', message, {
        'multigrid.longCycle.shapes[].crop': decimalBelow(largest),
      }),
    ];
  }
  const empty = phase.shortCycle.find((shape) => shape.globalBatch === 0);
  if (phase.globalBatch === 0 || empty === undefined) {
    return [];
  }
  const message = `short-cycle crops of ${empty.cropSize} pixels are so much larger than the phase's ${phase.cropSize} that no clip is left`;
  const largest = (phase.cropSize / recipe.cropSize) * Math.SQRT2;
  return [
    problem(phase, 'ShortCycleBatchZero', message, { 'multigrid.shortCycle.crops[]': decimalBelow(largest) }),
  ];
}

/** The largest decimal of two places that is below a limit. */
function decimalBelow(limit: number): string {
  return ((Math.ceil(limit * 100) - 1) / 100).toFixed(2);
}
