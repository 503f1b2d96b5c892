/**
 * Workers that do not run, or no longer answer, for a reason that can be seen from outside: the reason goes on the
 * conditions as soon as it is seen, so that nobody has to look for it in the cluster. Whether it lasts too long is the
 * deadlines' business.
 */
import type { Finding } from '../../platform/platform.ts';
import { REASONS } from '../../status/reasons.ts';
import type { DecisionDraft, Policy } from '../decision.ts';

/** Workers that were refused are asked for again when it makes sense. */
export const askAgain: Policy = ({ workers, nowMs }, draft) => {
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

/**
 * A trainer that reported so recently is well, whatever the cluster thinks of its node, milliseconds. Short enough that
 * trouble shows within half a minute.
 */
const HEARD_MS = 15_000;

/** Workers that start, or run and are out of reach. */
export const reportTrouble: Policy = ({ workers, reportedMs, nowMs }, draft) => {
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
        'the spec has changed; the workers are made anew',
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
  if (workers.state === 'running' && workers.trouble !== null) {
    const heardMs = nowMs - (reportedMs ?? Number.NEGATIVE_INFINITY);
    if (heardMs < HEARD_MS) {
      draft.lookAgainAfter(HEARD_MS - heardMs);
      return 'next';
    }
    const { reason, message } = workers.trouble;
    draft.set({ replicas: workers.replicas, readyReplicas: workers.ready });
    draft.condition('Running', 'Unknown', reason, message);
    draft.condition('Stalled', 'True', reason, message);
    return 'settled';
  }
  endStuck(draft);
  return workers.state === 'running' ? 'next' : 'settled';
};

function reportStuck(draft: DecisionDraft, { reason, message }: Finding): void {
  const isNew = !draft.isTrue('Stalled') || draft.reasonOf('Stalled') !== reason;
  draft.condition('Running', 'False', reason, message);
  draft.condition('Stalled', 'True', reason, message);
  if (isNew) {
    draft.event('Warning', reason, message);
  }
}

/** A trainer that hung stays Stalled until it reports again; workers that could not start are only not running yet. */
function endStuck(draft: DecisionDraft): void {
  if (draft.isTrue('Stalled') && draft.reasonOf('Stalled') !== REASONS.progressDeadlineExceeded) {
    draft.condition('Stalled', 'False', REASONS.progressing, 'nothing is in the way any more');
  }
}
