/** Rules within `spec.recipe`. */
import type { DefaultedRecipeSpec } from '../defaulted-types.gen.ts';
import { type Rule, type Violation, violationIf } from './rule.ts';

type RecipeRule = Rule<DefaultedRecipeSpec>;

const RANGE_RULES: readonly RecipeRule[] = [
  ({ gamma }) =>
    violationIf(!isShare(gamma), {
      keys: ['gamma'],
      message: 'gamma must be above 0 and at most 1',
      hint: `is ${gamma}; usual: 0.1`,
    }),
  ({ learningRate }) =>
    violationIf(Number(learningRate) === 0, {
      keys: ['learningRate'],
      message: 'learningRate must be above 0',
      hint: 'usual: 0.1 for 64 clips',
    }),
  ({ optimizer: { momentum } }) =>
    violationIf(Number(momentum) >= 1, {
      keys: ['optimizer', 'momentum'],
      message: 'momentum must be below 1',
      hint: `is ${momentum}; usual: 0.9`,
    }),
  ({ optimizer: { nesterov, momentum } }) =>
    violationIf(nesterov && Number(momentum) === 0, {
      keys: ['optimizer', 'nesterov'],
      message: 'nesterov needs a momentum above 0',
      hint: 'set nesterov: false or momentum: "0.9"',
    }),
  ({ batchNorm: { momentum } }) =>
    violationIf(!isShare(momentum), {
      keys: ['batchNorm', 'momentum'],
      message: 'the momentum of batchNorm must be above 0 and at most 1',
      hint: `is ${momentum}; usual: 0.1`,
    }),
];

const STEP_RULES: readonly RecipeRule[] = [
  ({ steps = [0] }) =>
    violationIf(steps[0] !== 0, {
      keys: ['steps'],
      message: 'the first of steps must be 0',
      hint: `is ${steps[0]}; nearest: [0, ${steps.join(', ')}]`,
    }),
  ({ steps = [0] }) => {
    const at = steps.findIndex((step, index) => step <= (steps[index - 1] ?? -1));
    const sorted = [...new Set(steps)].toSorted((one, other) => one - other);
    return violationIf(at > 0, {
      keys: ['steps'],
      message: 'steps must ascend',
      hint: `${steps[at]} follows ${steps[at - 1]}; nearest: [${sorted.join(', ')}]`,
    });
  },
  ({ steps = [0], epochs }) =>
    violationIf((steps.at(-1) ?? 0) > epochs, {
      keys: ['steps'],
      message: 'the last of steps must not lie behind epochs',
      hint: `is ${steps.at(-1)} of ${epochs} epochs; nearest: ${epochs}`,
    }),
];

const RATE_RULES: readonly RecipeRule[] = [
  ({ relativeLearningRates: rates, steps = [0] }) =>
    violationIf(rates !== undefined && rates.length !== steps.length, {
      keys: ['relativeLearningRates'],
      message: 'relativeLearningRates must have one entry for each of steps',
      hint: `has ${rates?.length}; nearest: ${steps.length}`,
    }),
  ({ relativeLearningRates: rates, learningRatePolicy }) =>
    violationIf(rates !== undefined && learningRatePolicy === 'cosine', {
      keys: ['relativeLearningRates'],
      message: 'relativeLearningRates belong to the steps policy; leave them out with cosine',
    }),
  ({ learningRatePolicy, learningRate, finalLearningRate }) =>
    violationIf(learningRatePolicy === 'cosine' && Number(finalLearningRate) >= Number(learningRate), {
      keys: ['finalLearningRate'],
      message: 'finalLearningRate must be below learningRate',
      hint: `is ${finalLearningRate} against ${learningRate}; usual: 0`,
    }),
];

const RULES: readonly Rule<DefaultedRecipeSpec>[] = [...RANGE_RULES, ...STEP_RULES, ...RATE_RULES];

/** Every broken rule of `spec.recipe`. */
export function recipeViolations(section: DefaultedRecipeSpec): readonly Violation[] {
  return RULES.flatMap((rule) => rule(section));
}

/** Above 0, at most 1. */
function isShare(decimal: string): boolean {
  return Number(decimal) > 0 && Number(decimal) <= 1;
}
