/**
 * No worker without a plan. The plan is made once, from the spec and the number of training clips, and stored together
 * with the first directive. A manifest that is legal but whose plan must not be run starts nothing.
 */
import { createHash } from 'node:crypto';
import { directiveFor } from '../../../multigrid/directive.ts';
import { planTraining } from '../../../multigrid/plan/plan.ts';
import type { Plan, PlanProblem } from '../../../multigrid/plan/types.ts';
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';
import { directiveSettings } from '../job-settings.ts';

/** How soon to look again for data that could not be read, milliseconds. */
const DATA_RETRY_MS = 5000;

export const ensurePlan: Policy = ({ job, clips }, draft) => {
  if (job.status?.plan !== undefined) {
    return 'next';
  }
  if (clips?.kind !== 'known') {
    const { reason, message } = clips ?? { reason: 'ClipsUnknown', message: 'nobody counted the clips' };
    draft.condition('PlanReady', 'False', reason, message);
    draft.lookAgainAfter(DATA_RETRY_MS);
    return 'settled';
  }
  const plan = planTraining(job.spec, clips.clips, sha256Hex);
  if (plan.problems.length > 0) {
    draft.condition('PlanReady', 'False', REASONS.invalidPlan, plan.problems.map(inWords).join('\n'));
    return 'settled';
  }
  const message = summaryOf(plan);
  draft.set({ plan, directive: directiveFor(plan, 0, { generation: 1, ...directiveSettings(job.spec) }) });
  draft.condition('PlanReady', 'True', REASONS.planComputed, message);
  draft.event('Normal', REASONS.planComputed, message);
  return 'next';
};

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function summaryOf({ hash, phases, epochs, totals }: Plan): string {
  const saving = totals.framePixelRatio.toFixed(2);
  return `${phases.length} phases over ${epochs} epochs, ${saving} times fewer frame-pixels than the baseline (plan ${hash.slice(0, 12)})`;
}

function inWords({ phase, message, nearest }: PlanProblem): string {
  const where = phase === null ? '' : `phase ${phase + 1}: `;
  const legal = Object.entries(nearest).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);
  return `${where}${message}${legal.length > 0 ? ` (nearest legal: ${legal.join(', ')})` : ''}`;
}
