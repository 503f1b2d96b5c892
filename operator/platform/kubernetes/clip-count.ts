/**
 * How many training clips a job has, as far as one can know from outside its data volume: told in the manifest, or
 * counted by the trainer, which reports it before it waits for the plan. In come the job and its workers, out comes the
 * count or who will count.
 */
import { findCondition } from '../../../multigrid/object/job-object.ts';
import { REASONS } from '../../status/reasons.ts';
import type { ClipCount, TrainingJob, Workers } from '../platform.ts';

export function clipCountOf(job: TrainingJob, workers: Workers): ClipCount {
  const { data, output } = job.spec.volumes;
  if (isEmpty(data) || isEmpty(output)) {
    const missing = [isEmpty(data) ? 'data' : '', isEmpty(output) ? 'output' : ''].filter(Boolean);
    return {
      kind: 'unknown',
      reason: REASONS.volumesMissing,
      message: `spec.volumes.${missing.join(' and spec.volumes.')} must say where the videos are and where results go, as in {persistentVolumeClaim: {claimName: …}}`,
      retryAfterMs: null,
    };
  }
  const clips = knownClips(job);
  return clips !== null && (job.spec.data.clips !== null || isOfThisSpec(job, workers))
    ? { kind: 'known', clips }
    : { kind: 'counted-by-workers' };
}

/** The number that a plan of this job was made for, if anybody has told it. */
export function knownClips({ spec, status }: TrainingJob): number | null {
  return spec.data.clips ?? status?.progress?.trainingClips ?? null;
}

/** A count outlives its workers where it made a plan that must not be run; a changed spec wants a new one. */
function isOfThisSpec({ metadata, status }: TrainingJob, workers: Workers): boolean {
  if (workers.state === 'running' || workers.state === 'ended') {
    return Date.parse(status?.progress?.heartbeat ?? '') >= workers.sinceMs;
  }
  const planReady = findCondition(status?.conditions, 'PlanReady');
  return planReady?.status === 'False' && planReady.observedGeneration === metadata.generation;
}

function isEmpty(source: object | undefined): boolean {
  return source === undefined || Object.keys(source).length === 0;
}
