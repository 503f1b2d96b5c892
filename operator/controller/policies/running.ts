/**
 * A job whose workers run: says so, judges whether the data keeps up, and leads the trainer from phase to phase.
 */
import { directiveFor } from '../../../multigrid/directive.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { phaseToRun } from '../../status/advance.ts';
import { REASONS } from '../../status/reasons.ts';
import type { DecisionDraft, Policy } from '../decision.ts';
import { directiveSettings } from '../job-settings.ts';
import { currentProgress } from '../observation.ts';

/** Share of the step time spent waiting for clips from which on a job counts as bound by its data. */
const DATA_BOUND_FROM = 0.2;
/** Below this share it no longer does; the gap keeps the condition from flapping. */
const DATA_BOUND_UNTIL = 0.1;

/** Running and Restarting, by what the workers show. */
export const reportRunning: Policy = (observation, draft) => {
  const { workers } = observation;
  if (workers.state !== 'running') {
    return 'settled';
  }
  const progress = currentProgress(observation);
  draft.set({ replicas: workers.replicas, readyReplicas: workers.ready });
  if (progress === null) {
    draft.condition(
      'Running',
      'False',
      REASONS.starting,
      'the workers are running but have not reported yet',
    );
    return 'settled';
  }
  if (progress.trouble !== undefined) {
    // What is in the way stands on the conditions already.
    return 'next';
  }
  draft.condition('Running', 'True', REASONS.workersReady, 'the workers are running and reporting');
  if (draft.isTrue('Restarting') && progress.state !== 'Preparing') {
    draft.condition('Restarting', 'False', REASONS.restarted, 'training continues');
  }
  if (draft.isTrue('Stalled') && progress.state !== 'Preparing') {
    draft.condition('Stalled', 'False', REASONS.progressing, 'the trainer reports again');
  }
  return 'next';
};

export const judgeDataWait: Policy = (observation, draft) => {
  const progress = currentProgress(observation);
  if (progress?.state !== 'Training') {
    return 'next';
  }
  const ratio = progress.dataWaitRatio;
  const percent = `${(ratio * 100).toFixed(0)} % of the step time is spent waiting for clips`;
  if (ratio > DATA_BOUND_FROM && !draft.isTrue('DataBound')) {
    const message = `${percent}; more data.loader.decoders, smaller videos or a faster disk would help`;
    draft.condition('DataBound', 'True', REASONS.waitingForClips, message);
  } else if (ratio < DATA_BOUND_UNTIL && draft.isTrue('DataBound')) {
    draft.condition('DataBound', 'False', REASONS.clipsReady, percent);
  }
  return 'next';
};

/** Writes the next directive when the trainer is where a new one is due. */
export const leadTrainer: Policy = (observation, draft) => {
  const progress = currentProgress(observation);
  const { plan, directive } = draft.status;
  if (progress === null || plan === undefined || directive === undefined) {
    return 'next';
  }
  const phase = phaseToRun(directive, progress, plan.phases.length);
  if (phase !== directive.phase) {
    const generation = directive.generation + 1;
    draft.set({
      directive: directiveFor(plan, phase, { generation, ...directiveSettings(observation.job) }),
    });
    const reason = phase > directive.phase ? REASONS.phaseAdvanced : REASONS.phaseRewound;
    draft.event('Normal', reason, `phase ${phase + 1} of ${plan.phases.length}`);
  }
  reportTransition(draft, progress);
  return 'next';
};

function reportTransition(draft: DecisionDraft, progress: Progress): void {
  const { plan, directive } = draft.status;
  if (plan === undefined || directive === undefined) {
    return;
  }
  const isThere = progress.phase === directive.phase && progress.state !== 'Waiting';
  const isFollowed = progress.generation === directive.generation || isThere;
  const where = `phase ${directive.phase + 1} of ${plan.phases.length}: ${directive.globalBatch} clips of ${directive.frames} frames of ${directive.cropSize} pixels`;
  if (isFollowed) {
    draft.condition('PhaseTransition', 'False', REASONS.phaseRunning, where);
  } else {
    draft.condition('PhaseTransition', 'True', REASONS.phaseBorder, where);
  }
}
