/** Rules across the sections of `spec`. Run only when every section is valid by itself. */
import type { DefaultedJobSpec } from '../defaulted-types.gen.ts';
import { isReservedVariable } from '../../contract/environment.ts';
import { type Rule, type Violation, violationIf } from './rule.ts';
import { ranksOf } from '../../sharing/ranks.ts';

/** Phases that a plan may have; status and its readers are sized for it. */
const MAX_PHASES = 64;

const RULES: readonly Rule<DefaultedJobSpec>[] = [
  ({ data: { jitterScales }, recipe: { cropSize } }) =>
    violationIf((jitterScales[0] ?? 0) < cropSize, {
      keys: ['data', 'jitterScales'],
      message:
        'the smallest jitter scale must be at least recipe.cropSize, or the crop does not fit into the frame',
      hint: `is ${jitterScales[0]}; nearest: ${cropSize}`,
    }),
  ({ data: { loader }, recipe: { loss } }) =>
    violationIf(loss === 'binary-cross-entropy' && loader.separator.includes(','), {
      keys: ['data', 'loader'],
      message:
        'with binary-cross-entropy the separator cannot hold a comma, which stands between the classes of a video',
    }),
  (spec) =>
    violationIf(hasLongCycle(spec) && (spec.recipe.steps?.length ?? 0) < 2, {
      keys: ['recipe', 'steps'],
      message: 'the long cycle needs recipe.steps with at least two stages, for example [0, 80, 120]',
      hint: `for ${spec.recipe.epochs} epochs: [0, ${Math.max(1, Math.floor(spec.recipe.epochs * 0.8))}]`,
    }),
  (spec) => {
    const { gamma, relativeLearningRates = [], steps = [0] } = spec.recipe;
    const powers = steps.map((_, stage) => Number((Number(gamma) ** stage).toPrecision(12)));
    return violationIf(hasLongCycle(spec) && !areClose(relativeLearningRates.map(Number), powers), {
      keys: ['recipe', 'relativeLearningRates'],
      message:
        'with the long cycle, relativeLearningRates must be the powers of gamma, starting with 1; leave them out or change gamma',
      hint: `nearest: [${powers.map((power) => `"${power}"`).join(', ')}]`,
    });
  },
  (spec) => {
    const shapes = spec.multigrid?.longCycle.shapes.length ?? 0;
    const steps = spec.recipe.steps?.length ?? 1;
    const phases = (steps - 1) * shapes + 2;
    return violationIf(hasLongCycle(spec) && phases > MAX_PHASES, {
      keys: ['recipe', 'steps'],
      message: 'a plan has at most 64 phases; use fewer steps or fewer long-cycle shapes',
      hint: `${steps} steps and ${shapes} shapes give ${phases}; nearest: ${Math.floor((MAX_PHASES - 2) / shapes) + 1} steps`,
    });
  },
  ({ workers, recipe: { batchSize } }) =>
    violationIf(ranksOf(workers) > batchSize, {
      keys: ['workers', 'replicas'],
      message:
        'a process takes at least one clip of every step, so replicas times processesPerWorker must be at most recipe.batchSize',
      hint: `is ${workers.replicas}; nearest: ${Math.floor(batchSize / workers.processesPerWorker)}`,
    }),
  ({ workers: { template } }) =>
    (template?.env ?? []).flatMap(({ name }, index) =>
      violationIf(isReservedVariable(name), {
        keys: ['workers', 'template', 'env', index, 'name'],
        message:
          'a job may not set NODE_OPTIONS, KUBECONFIG, LD_* or MULTIGRID_*; set it in an image of your own',
        hint: `is ${name}`,
      }),
    ),
];

/** Every broken rule of `spec`, across its sections. */
export function jobViolations(section: DefaultedJobSpec): readonly Violation[] {
  return RULES.flatMap((rule) => rule(section));
}

function hasLongCycle({ multigrid }: DefaultedJobSpec): boolean {
  return multigrid?.longCycle.enabled ?? false;
}

/** Each rate, as far as rates are given, is the power of gamma at its place. */
function areClose(rates: readonly number[], powers: readonly number[]): boolean {
  return rates.every((rate, stage) => {
    const power = powers[stage] ?? 0;
    return Math.abs(rate - power) <= 1e-6 * power;
  });
}
