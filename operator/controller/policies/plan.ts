/**
 * No worker without a plan. The plan is made once, from the spec and the number of training clips, and stored together
 * with the first directive. A manifest that is legal but whose plan must not be run starts nothing.
 */
import { directiveFor } from '../../../multigrid/directive.ts';
import { planTraining } from '../../../multigrid/plan/plan.ts';
import type { Plan, PlanProblem } from '../../../multigrid/plan/types.ts';
import { ranksOf } from '../../../multigrid/sharing/ranks.ts';
import { REASONS } from '../../status/reasons.ts';
import { podsOf } from '../../status/world-size.ts';
import type { DecisionDraft, Policy } from '../decision.ts';
import { directiveSettings } from '../job-settings.ts';
import { sha256Hex } from '../../../storage/sha256.ts';

/**
 * A count with which the number of clips is no problem of the plan, to find the others before any worker starts. Any
 * dataset is smaller.
 */
const PLENTY_OF_CLIPS = 1_000_000_000;

export const ensurePlan: Policy = ({ job, clips, workers }, draft) => {
  if (job.status?.plan !== undefined) {
    sayFound(job.status.plan, draft);
    return 'next';
  }
  if (clips === null) {
    throw new TypeError('the clips of a job without a plan were not counted');
  }
  if (clips.kind === 'unknown') {
    draft.condition('PlanReady', 'False', clips.reason, clips.message);
    if (clips.retryAfterMs !== null) {
      draft.lookAgainAfter(clips.retryAfterMs);
    }
    return 'settled';
  }
  const count = clips.kind === 'known' ? clips.clips : PLENTY_OF_CLIPS;
  // Workers that came up to count are the ones that train, whatever number was asked for meanwhile.
  const replicas = workers.state === 'running' && !workers.isStopping ? workers.replicas : podsOf(job);
  const forThem = { ...job.spec, workers: { ...job.spec.workers, replicas } };
  const settings = { generation: 1, ...directiveSettings(job), workers: ranksOf(forThem.workers) };
  const plan = planTraining(forThem, count, sha256Hex);
  if (plan.problems.length > 0) {
    draft.condition('PlanReady', 'False', REASONS.invalidPlan, plan.problems.map(inWords).join('\n'));
    if (workers.state !== 'absent') {
      // They came up to count, and what they counted makes a plan that must not be run.
      draft.condition('Running', 'False', REASONS.invalidPlan, 'no worker runs without a plan');
      draft.workers('checkpoint');
    }
    return 'settled';
  }
  if (clips.kind === 'counted-by-workers') {
    const how =
      'the first worker is counting the training list; set spec.data.clips to have the plan before any worker starts';
    draft.condition('PlanReady', 'Unknown', REASONS.countingClips, how);
    return 'next';
  }
  const message = summaryOf(plan);
  draft.set({ plan, directive: directiveFor(plan, 0, settings) });
  draft.condition('PlanReady', 'True', REASONS.planComputed, message);
  draft.event('Normal', REASONS.planComputed, message);
  return 'next';
};

/** A plan that was lost is there again. */
function sayFound(plan: Plan, draft: DecisionDraft): void {
  if (draft.reasonOf('PlanReady') === REASONS.planLost) {
    draft.condition('PlanReady', 'True', REASONS.planComputed, summaryOf(plan));
  }
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
