/**
 * A platform that measures how long jobs stand at the borders of phases, and is otherwise the one that came in. The time
 * is read off the condition `PhaseTransition` when a status that ends it has been written, so it holds over restarts of
 * the operator too. Wrapped by operator/main.ts.
 */
import { findCondition, type OperatorStatus } from '../../multigrid/object/job-object.ts';
import type { Platform } from '../platform/platform.ts';
import { REASONS } from '../status/reasons.ts';
import type { OperatorMetrics } from './operator-metrics.ts';

/** @param now - milliseconds since 1970, the clock of the conditions */
export function meteredPlatform(
  platform: Platform,
  metrics: Pick<OperatorMetrics, 'phaseTransition'>,
  now: () => number,
): Platform {
  return {
    getJob: (name) => platform.getJob(name),
    writeStatus: async (job, status) => {
      await platform.writeStatus(job, status);
      const beganMs = endedTransition(job.status ?? {}, status);
      if (beganMs !== null) {
        metrics.phaseTransition(Math.max(0, now() - beganMs) / 1000);
      }
    },
    observeWorkers: (job) => platform.observeWorkers(job),
    endedPods: (job) => platform.endedPods(job),
    damageTo: (job) => platform.damageTo(job),
    countClips: (job) => platform.countClips(job),
    reportedAt: (job) => platform.reportedAt(job),
    silenceOf: (job) => platform.silenceOf(job),
    isHearing: () => platform.isHearing(),
    selectorOf: (job) => platform.selectorOf(job),
    interruption: () => platform.interruption(),
    startWorkers: (job) => platform.startWorkers(job),
    stopWorkers: (job, mode) => platform.stopWorkers(job, mode),
    deleteJob: (job) => platform.deleteJob(job),
    publish: (job, event) => {
      platform.publish(job, event);
    },
    watch: (onChange, signal) => platform.watch(onChange, signal),
  };
}

/** When the transition that `after` ends began; null when it ends none, or ends it because the job is over. */
function endedTransition(before: OperatorStatus, after: OperatorStatus): number | null {
  const was = findCondition(before.conditions, 'PhaseTransition');
  const is = findCondition(after.conditions, 'PhaseTransition');
  const isEnded = was?.status === 'True' && is?.status === 'False' && is.reason === REASONS.phaseRunning;
  return isEnded ? Date.parse(was.lastTransitionTime) : null;
}
