/**
 * Problems of the schedule as a whole: stages that make none, nothing left after rounding, the full shape rounded away.
 * A network that never trains at its full shape is not the one the user asked for, so that plan is refused.
 */
import type { FilledSpec } from '../../api/filled-spec.ts';
import type { Segment } from '../segment.ts';
import { ascendingSteps, segmentsOf } from '../segments.ts';
import type { PlanProblem } from '../types.ts';
import type { PlanFacts, ProblemCode } from './facts.ts';
import { suggestions } from './nearest.ts';

/** Largest epoch factor and number of epochs that the API takes. */
const MAX_EPOCH_FACTOR = 5;
const MAX_EPOCHS = 2000;

export function scheduleProblems(spec: FilledSpec, facts: PlanFacts): readonly PlanProblem[] {
  return [...stepProblems(spec), ...(facts.epochs === 0 ? [noEpochs(spec)] : fullShapeProblems(spec, facts))];
}

function problem(code: ProblemCode, message: string, nearest: PlanProblem['nearest']): PlanProblem {
  return { phase: null, code, message, nearest };
}

function stepProblems({ recipe, multigrid }: FilledSpec): readonly PlanProblem[] {
  const usable = ascendingSteps(recipe.steps, recipe.epochs);
  const listed = `recipe.steps is [${recipe.steps.join(', ')}]`;
  if (usable.length !== recipe.steps.length) {
    const message = `${listed}: it must start at 0, ascend and end within the ${recipe.epochs} epochs`;
    return [problem('StepsNotAscending', message, { 'recipe.steps': usable })];
  }
  if (multigrid.longCycle !== null && usable.length < 2) {
    const message = `${listed}: the long cycle runs once through every stage but the last, so it needs two or more`;
    const border = Math.max(1, Math.floor((recipe.epochs * 4) / 5));
    return [problem('LongCycleNeedsSteps', message, { 'recipe.steps': [0, border] })];
  }
  return [];
}

function noEpochs(spec: FilledSpec): PlanProblem {
  const { epochs } = spec.recipe;
  const factor = smallestFactor(spec, (segments) => (segments.at(-1)?.endEpoch ?? 0) > 0);
  const message = `${epochs} epochs times the factor ${spec.multigrid.epochFactor} leave no whole epoch`;
  return problem('NoEpochs', message, suggestions({ 'multigrid.epochFactor': factor }));
}

function fullShapeProblems(spec: FilledSpec, { segments, epochs }: PlanFacts): readonly PlanProblem[] {
  if (spec.multigrid.longCycle === null || hasFullShape(segments)) {
    return [];
  }
  const { frames, cropSize } = segments.at(-1)?.shape ?? spec.recipe;
  const longer = smallestStretch(spec);
  const message =
    `in ${epochs} epochs the last shape of the long cycle, ${frames} frames of ${cropSize} pixels, ` +
    'rounds to no epoch at all; train longer';
  const nearest = suggestions({
    'recipe.epochs': longer?.epochs ?? null,
    'recipe.steps': longer?.steps ?? null,
    'multigrid.epochFactor': smallestFactor(spec, hasFullShape),
  });
  return [problem('FullShapeVanished', message, nearest)];
}

function hasFullShape(segments: readonly Segment[]): boolean {
  const full = segments.at(-1)?.shape;
  return segments.some(
    ({ shape, startEpoch, endEpoch }) =>
      endEpoch > startEpoch &&
      shape.batchFactor === full?.batchFactor &&
      shape.frames === full.frames &&
      shape.cropSize === full.cropSize,
  );
}

/** The smallest epoch factor, in steps of a quarter above the present one, with which the schedule is as it should. */
function smallestFactor(spec: FilledSpec, isRight: (segments: readonly Segment[]) => boolean): string | null {
  for (let quarter = 1; quarter / 4 <= MAX_EPOCH_FACTOR; quarter += 1) {
    const epochFactor = quarter / 4;
    const isLarger = epochFactor > spec.multigrid.epochFactor;
    if (isLarger && isRight(segmentsOf({ ...spec, multigrid: { ...spec.multigrid, epochFactor } }))) {
      return String(epochFactor);
    }
  }
  return null;
}

/** The shortest whole multiple of the baseline's schedule in which the full shape has an epoch. */
function smallestStretch(spec: FilledSpec): Pick<FilledSpec['recipe'], 'epochs' | 'steps'> | null {
  const { recipe } = spec;
  const usable = ascendingSteps(recipe.steps, recipe.epochs);
  for (let times = 2; times <= 64 && times * recipe.epochs <= MAX_EPOCHS; times += 1) {
    const stretched = { epochs: recipe.epochs * times, steps: usable.map((step) => step * times) };
    if (hasFullShape(segmentsOf({ ...spec, recipe: { ...recipe, ...stretched } }))) {
      return stretched;
    }
  }
  return null;
}
