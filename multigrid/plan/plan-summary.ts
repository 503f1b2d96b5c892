/**
 * A plan kept apart from its job: what stays in the job's status, and whether something found elsewhere is the plan that is
 * meant. In a cluster every report rewrites the whole job, so the plan, which is as long as all the rest, lies in an object
 * beside it. Pure.
 */
import { isRecord } from '../json/fields.ts';
import { hashOfPlan, type Sha256Hex } from './plan.ts';
import type { Plan, PlanSummary } from './types.ts';

/** @param clips - number of training clips; null: not known */
export function summarizePlan(
  { hash, version, phases, epochs, totals }: Plan,
  clips: number | null,
): PlanSummary {
  return {
    hash,
    version,
    ...(clips === null ? {} : { clips }),
    phases: phases.length,
    epochs,
    iterations: totals.iterations,
    framePixelRatio: totals.framePixelRatio,
  };
}

/** Whether a value is the plan of this hash, untouched: what has its hash has its form. */
export function isPlanOfHash(value: unknown, hash: string, sha256Hex: Sha256Hex): value is Plan {
  if (!isRecord(value) || value['hash'] !== hash) {
    return false;
  }
  return hashOfPlan(value, sha256Hex) === hash;
}
