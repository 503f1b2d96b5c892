/**
 * Why a plan must not be run. All checks in one list, each with the phase at fault, a stable code, the numbers in words
 * and the nearest values that would be legal. Nothing here changes the plan; `plan.ts` attaches the result.
 */
import type { FilledSpec } from '../../api/filled-spec.ts';
import type { PlanProblem } from '../types.ts';
import { batchProblems } from './batch-problems.ts';
import type { PlanFacts } from './facts.ts';
import { scheduleProblems } from './schedule-problems.ts';
import { shapeProblems } from './shape-problems.ts';

/** The reasons, those of the whole plan first, then by phase; empty when the plan may be run. */
export function problemsOf(spec: FilledSpec, facts: PlanFacts): readonly PlanProblem[] {
  const checks = [scheduleProblems, shapeProblems, batchProblems];
  return checks
    .flatMap((check) => check(spec, facts))
    .toSorted((one, other) => (one.phase ?? -1) - (other.phase ?? -1));
}
