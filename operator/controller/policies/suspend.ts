/**
 * A job that is not to run now saves its state and gives its resources back: because its spec says so, or because the
 * person on this machine stopped the run. A training that reached its end on the way, or one that failed for good, is
 * left to the rules behind.
 */
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';
import { currentProgress, type Observation } from '../observation.ts';
import { judgeEnd } from './end-of-workers.ts';

export const holdSuspended: Policy = (observation, draft) => {
  const why = whyNotToRun(observation);
  if (why === null) {
    if (draft.isTrue('Suspended')) {
      draft.condition('Suspended', 'False', REASONS.resumed, RESUMED);
      draft.event('Normal', REASONS.resumed, RESUMED);
    }
    return 'next';
  }
  const { workers } = observation;
  if (workers.state === 'starting' || workers.state === 'running') {
    draft.condition('Running', 'False', REASONS.stopping, `the workers save their state: ${why.message}`);
    draft.workers('checkpoint');
    return 'settled';
  }
  if (isOver(observation)) {
    return 'next';
  }
  if (!draft.isTrue('Suspended')) {
    draft.event('Normal', why.reason, why.message);
  }
  draft.condition('Running', 'False', why.reason, why.message);
  draft.condition('Suspended', 'True', why.reason, why.message);
  return 'settled';
};

const RESUMED = 'the job goes on from its newest checkpoint';

function whyNotToRun({ job, interruption }: Observation): { reason: string; message: string } | null {
  if (job.spec.suspend) {
    return { reason: REASONS.suspendRequested, message: 'spec.suspend is set' };
  }
  return interruption === null ? null : { reason: REASONS.interrupted, message: interruption };
}

/** Whether the workers came to an end that no resume changes. */
function isOver(observation: Observation): boolean {
  if (observation.workers.state !== 'ended') {
    return false;
  }
  const verdict = judgeEnd(observation.workers, currentProgress(observation));
  return verdict.kind === 'complete' || (verdict.kind === 'failed' && !verdict.isRetryable);
}
