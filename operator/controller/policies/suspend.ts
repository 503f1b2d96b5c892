/**
 * A job that is not to run now saves its state and gives its resources back: because its spec says so, or because the
 * person on this machine stopped the run. A training that reached its end on the way, or one that failed for good, is
 * left to the rules behind.
 */
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';
import { currentProgress, type Observation } from '../observation.ts';
import { judgeEnd } from './end-of-workers.ts';
import { failureOf } from './restart.ts';

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
  if (workers.state === 'ended') {
    const verdict = judgeEnd(workers, currentProgress(observation));
    if (verdict.kind === 'complete' || (verdict.kind === 'failed' && !verdict.isRetryable)) {
      return 'next';
    }
    if (verdict.kind === 'failed') {
      // It could not save in order. That is no failure of the training, but somebody should know.
      draft.set({ lastFailure: failureOf(workers, verdict.reason, verdict.message) });
      draft.event('Warning', verdict.reason, verdict.message);
    }
    // Cleared away, so that after the resume they are not taken for workers that have just failed.
    draft.workers('checkpoint');
  }
  if (!draft.isTrue('Suspended')) {
    draft.event('Normal', why.reason, why.message);
  }
  draft.condition('Running', 'False', why.reason, why.message);
  draft.condition('Suspended', 'True', why.reason, why.message);
  return 'settled';
};

const RESUMED = 'the job resumes from its newest checkpoint';

function whyNotToRun({ job, interruption }: Observation): { reason: string; message: string } | null {
  if (job.spec.suspend) {
    return { reason: REASONS.suspendRequested, message: 'spec.suspend is set' };
  }
  return interruption === null ? null : { reason: REASONS.interrupted, message: interruption };
}
