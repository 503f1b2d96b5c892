/** Rules within `spec.data`. */
import type { DefaultedDataSpec } from '../defaulted-types.gen.ts';
import { type Rule, type Violation, violationIf } from './rule.ts';

const RULES: readonly Rule<DefaultedDataSpec>[] = [
  ({ jitterScales: [smallest = 0, largest = 0] }) =>
    violationIf(smallest > largest, {
      keys: ['jitterScales'],
      message: 'the smallest jitter scale comes first',
      hint: `is [${smallest}, ${largest}]; nearest: [${largest}, ${smallest}]`,
    }),
  ({ loader: { maxBadFraction } }) =>
    violationIf(Number(maxBadFraction) > 1, {
      keys: ['loader', 'maxBadFraction'],
      message: 'maxBadFraction must be at most 1',
      hint: `is ${maxBadFraction}; nearest: 1`,
    }),
];

/** Every broken rule of `spec.data`. */
export function dataViolations(section: DefaultedDataSpec): readonly Violation[] {
  return RULES.flatMap((rule) => rule(section));
}
