/** Rules within `spec.multigrid`. */
import type { DefaultedMultigridSpec } from '../defaulted-types.gen.ts';
import type { FieldPath } from '../field-error.ts';
import { type Rule, type Violation, violationIf } from './rule.ts';

/** Largest factor on frames or crop: a shape twice the baseline's leaves hardly a clip. */
const MAX_FACTOR = 2;
const MAX_EPOCH_FACTOR = 5;

const RULES: readonly Rule<DefaultedMultigridSpec>[] = [
  ({ longCycle }) =>
    longCycle.shapes.flatMap(({ frames, crop }, index) => [
      ...factorRule('a shape factor', frames, ['longCycle', 'shapes', index, 'frames']),
      ...factorRule('a shape factor', crop, ['longCycle', 'shapes', index, 'crop']),
    ]),
  ({ shortCycle }) =>
    shortCycle.crops.flatMap((crop, index) =>
      factorRule('a crop factor', crop, ['shortCycle', 'crops', index]),
    ),
  ({ epochFactor }) =>
    violationIf(!isWithin(epochFactor, MAX_EPOCH_FACTOR), {
      keys: ['epochFactor'],
      message: 'epochFactor must be above 0 and at most 5',
      hint: `is ${epochFactor}; usual: 1.5`,
    }),
];

/** Every broken rule of `spec.multigrid`. */
export function multigridViolations(section: DefaultedMultigridSpec): readonly Violation[] {
  return RULES.flatMap((rule) => rule(section));
}

function factorRule(what: string, factor: string, keys: FieldPath): readonly Violation[] {
  return violationIf(!isWithin(factor, MAX_FACTOR), {
    keys,
    message: `${what} must be above 0 and at most 2`,
    hint: `is ${factor}; nearest: ${Number(factor) > MAX_FACTOR ? '2' : '0.25'}`,
  });
}

function isWithin(decimal: string, max: number): boolean {
  return Number(decimal) > 0 && Number(decimal) <= max;
}
