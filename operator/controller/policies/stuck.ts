/**
 * Workers that do not run, or no longer answer, for a reason that can be seen from outside: the reason goes on the
 * conditions as soon as it is seen, so that nobody has to look for it in the cluster. Whether it lasts too long is the
 * deadlines' business.
 */
import type { Finding, Workers } from '../../platform/platform.ts';
import { REASONS } from '../../status/reasons.ts';
import type { DecisionDraft, Policy } from '../decision.ts';
import { runPolicyOf } from '../job-settings.ts';
import { currentProgress, isSilent, type Observation } from '../observation.ts';

type RunningWorkers = Extract<Workers, { readonly state: 'running' }>;

/** Workers that were refused are asked for again when it makes sense, and those that do not come when they should have. */
export const askAgain: Policy = ({ workers, nowMs }, draft) => {
  if (workers.state === 'starting' && workers.isOverdue) {
    draft.workers('start');
  }
  if (workers.state !== 'refused') {
    return 'next';
  }
  draft.set({ replicas: 0, readyReplicas: 0 });
  reportStuck(draft, workers);
  if (workers.retryAtMs <= nowMs) {
    draft.workers('start');
  } else {
    draft.lookAgainAfter(workers.retryAtMs - nowMs);
  }
  return 'next';
};

/** Workers that start, or run and are out of reach. */
export const reportTrouble: Policy = (observation, draft) => {
  const { workers } = observation;
  if (workers.state === 'refused') {
    return 'settled';
  }
  if (workers.state === 'starting') {
    draft.set({ replicas: workers.replicas, readyReplicas: 0 });
    if (workers.isOutdated) {
      // Nothing of theirs is lost, and the change may be what lets them start.
      draft.condition(
        'Running',
        'False',
        REASONS.starting,
        'the spec has changed; the workers are recreated',
      );
      draft.workers('checkpoint');
    } else if (workers.isStuck) {
      reportStuck(draft, workers);
    } else {
      draft.condition('Running', 'False', workers.reason, workers.message);
      endStuck(draft);
    }
    return 'settled';
  }
  if (workers.state !== 'running') {
    endStuck(draft);
    return 'settled';
  }
  const trouble = whyUnheard(observation, workers, draft);
  if (trouble !== null) {
    draft.set({ replicas: workers.replicas, readyReplicas: workers.ready });
    reportStuck(draft, trouble, 'Unknown');
    return 'settled';
  }
  const progress = currentProgress(observation);
  if (progress?.trouble === undefined) {
    endStuck(draft);
  } else {
    // The trainer is well, and says itself what it waits for.
    reportStuck(draft, progress.trouble, progress.state === 'Preparing' ? 'False' : 'True');
  }
  return 'next';
};

/** Why nothing is heard of workers that run; null: they were heard a moment ago. */
function whyUnheard(observation: Observation, workers: RunningWorkers, draft: DecisionDraft): Finding | null {
  const { unheardMs, allowedSilenceMs } = observation;
  if (workers.trouble !== null) {
    if (unheardMs === null) {
      // Nobody tells of the first word.
      draft.lookAgainAfter(allowedSilenceMs);
    }
    return unheardMs === null || unheardMs >= allowedSilenceMs ? workers.trouble : null;
  }
  return isSilent(observation)
    ? { reason: REASONS.trainerSilent, message: silenceInWords(observation, workers) }
    : null;
}

function silenceInWords({ job }: Observation, { id }: RunningWorkers): string {
  const { progressDeadlineMs } = runPolicyOf(job.spec);
  const end = `it is restarted progressDeadlineSeconds (${progressDeadlineMs / 1000} s) after its last progress`;
  return `${id} runs but has stopped reporting: it hangs, its machine is gone, or it cannot reach its job object; ${end}`;
}

function reportStuck(
  draft: DecisionDraft,
  { reason, message }: Finding,
  isRunning: 'True' | 'False' | 'Unknown' = 'False',
): void {
  const isNew = !draft.isTrue('Stalled') || draft.reasonOf('Stalled') !== reason;
  draft.condition('Running', isRunning, reason, message);
  draft.condition('Stalled', 'True', reason, message);
  if (isNew) {
    draft.event('Warning', reason, message);
  }
}

/** A trainer that hung stays Stalled until it reports again; workers that could not start are only not running yet. */
function endStuck(draft: DecisionDraft): void {
  if (draft.isTrue('Stalled') && draft.reasonOf('Stalled') !== REASONS.progressDeadlineExceeded) {
    draft.condition('Stalled', 'False', REASONS.progressing, 'no longer blocked');
  }
}
