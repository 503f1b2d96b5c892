/**
 * What has become of the workers of a job: one answer from a Job, its pods and the warnings about them. Pure; in comes
 * what the caches hold, out comes one state, the worst of all pods'. Ends come one at a time, oldest first, until each
 * is recorded: pods are replaced while nobody looks.
 */
import type { LastFailure } from '../../../../multigrid/object/job-object.ts';
import { REASONS } from '../../../status/reasons.ts';
import type { Finding, Workers } from '../../platform.ts';
import type { KeptCondition, KeptIndexedJob, KeptPod } from '../cache/kept-workers.ts';
import { howEnded, isLive, isOver, type Ended } from './how-ended.ts';
import { isOutOfReach } from './reach.ts';
import { nextAfter, starting } from './starting.ts';
import type { WorkersView } from './workers-view.ts';

/** @param recorded - the failure that was recorded last */
export function workersOf(view: WorkersView, recorded: LastFailure | undefined, nowMs: number): Workers {
  const { job } = view;
  const isMine = (pod: KeptPod): boolean => job !== null && pod.ownerUid === job.uid;
  const left = view.pods.filter((pod) => isLive(pod) && (job?.isDeleting !== false || !isMine(pod)));
  if (job === null || job.isDeleting || left.length > 0) {
    return leaving(job, left, nowMs);
  }
  const pods = view.pods.filter(isMine);
  const over = pods.filter((pod) => isOver(pod, nowMs));
  // Also of a trainer whose end is on record and whose pod has not ended yet: somebody has to end that.
  const ended = oldestUnrecorded(over, recorded) ?? over.find(isLive);
  if (ended !== undefined) {
    return { ...howEnded(ended), next: nextAfter(view, job, { ended, pods }) };
  }
  const end = jobOver(job, pods, recorded);
  if (end !== null) {
    return { ...end, next: null };
  }
  const live = pods.filter(isLive);
  // A trainer that has ended while its pod has not yet is on its way to be judged.
  const waiting = live.filter(({ trainer }) => trainer === null || trainer.kind === 'waiting');
  if (live.length >= job.completions - succeeded(pods).length && waiting.length === 0) {
    return running(live, job);
  }
  return starting(view, job, { live, waiting, pods }, nowMs);
}

function succeeded(pods: readonly KeptPod[]): readonly KeptPod[] {
  return pods.filter(({ phase }) => phase === 'Succeeded');
}

/** Workers of a Job that is gone or going: until the last pod is, no successor may start. */
function leaving(job: KeptIndexedJob | null, left: readonly KeptPod[], nowMs: number): Workers {
  const [first] = left;
  if (first !== undefined) {
    return {
      state: 'running',
      id: first.name,
      sinceMs: startOf(first),
      askedMs: first.createdMs,
      replicas: left.length,
      ready: left.length,
      isStopping: true,
      trouble: troubleOf(left),
    };
  }
  if (job === null) {
    return { state: 'absent' };
  }
  const message = 'the previous Job is being deleted';
  return {
    state: 'starting',
    id: job.name,
    sinceMs: nowMs,
    replicas: 0,
    reason: REASONS.stopping,
    message,
    isStuck: false,
    isHeld: true,
    isOutdated: false,
    isOverdue: false,
  };
}

/** Of pods that are over; those that succeeded are the Job's to judge, all together. */
function oldestUnrecorded(over: readonly KeptPod[], recorded: LastFailure | undefined): KeptPod | undefined {
  const failed = over
    .filter(({ phase }) => phase !== 'Succeeded')
    .sort((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1));
  const last = failed.findIndex(({ name }) => name === recorded?.pod);
  if (last >= 0) {
    return failed[last + 1];
  }
  const recordedMs = recorded?.time === undefined ? Number.NEGATIVE_INFINITY : Date.parse(recorded.time);
  return failed.find((pod) => howEnded(pod).endedMs > recordedMs);
}

/**
 * The Job has come to its end, or all of its pods have. Jobs and pods are watched apart, and either watch may be behind the
 * other: a Job that is over has no pod that runs, so one that still seems to is judged when the news of its end is here.
 */
function jobOver(
  job: KeptIndexedJob,
  pods: readonly KeptPod[],
  recorded: LastFailure | undefined,
): Ended | null {
  const done = succeeded(pods);
  const newest = done.at(-1);
  if (newest !== undefined && done.length >= job.completions) {
    return howEnded(newest);
  }
  const end = job.conditions.find(
    ({ type, status }) => (type === 'Failed' || type === 'Complete') && status === 'True',
  );
  if (end === undefined || pods.some(isLive)) {
    return null;
  }
  const failed = pods.find(({ name }) => name === recorded?.pod);
  if (failed !== undefined) {
    return howEnded(failed);
  }
  return { ...unseenEnd(job, end), ...howJobEnded(end) };
}

/** The pods themselves are gone, or their whole lives were shorter than the watch of pods was behind. */
function unseenEnd(job: KeptIndexedJob, end: KeptCondition): Omit<Ended, 'exitCode' | 'cause'> {
  const sinceMs = job.startedMs ?? job.createdMs;
  const id = `${job.name}-${job.uid}`;
  return { state: 'ended', id, sinceMs, endedMs: end.changedMs ?? sinceMs, log: '', isLingering: false };
}

/** In the words of the Job controller's failure policy. */
const EXIT_CODE = /failed with exit code (\d+)/;

function howJobEnded({ type, message }: KeptCondition): Pick<Ended, 'exitCode' | 'cause'> {
  if (type === 'Complete') {
    return { exitCode: 0, cause: null };
  }
  const exitCode = EXIT_CODE.exec(message)?.[1];
  if (exitCode !== undefined) {
    return { exitCode: Number(exitCode), cause: null };
  }
  const cause = {
    kind: 'failure',
    reason: REASONS.trainerFailed,
    message: `the Job ended: ${message}`,
  } as const;
  return { exitCode: 1, cause };
}

function running(live: readonly KeptPod[], job: KeptIndexedJob): Workers {
  const [first] = live;
  const trouble = troubleOf(live);
  return {
    state: 'running',
    id: first?.name ?? job.name,
    sinceMs: Math.max(...live.map(startOf)),
    askedMs: Math.max(...live.map(({ createdMs }) => createdMs)),
    replicas: live.length,
    ready: live.filter((pod) => outOfReach(pod) === null).length,
    isStopping: live.some(({ isDeleting }) => isDeleting),
    trouble,
  };
}

function startOf({ trainer, createdMs }: KeptPod): number {
  return trainer?.kind === 'running' ? trainer.startedMs : createdMs;
}

function troubleOf(pods: readonly KeptPod[]): Finding | null {
  return pods.map(outOfReach).find((found) => found !== null) ?? null;
}

function outOfReach(pod: KeptPod): Finding | null {
  const { name, node } = pod;
  return isOutOfReach(pod)
    ? {
        reason: REASONS.nodeLost,
        message: `node ${node} of pod ${name} does not respond; training may still be running there, and the pod is replaced once it is certain that it is not`,
      }
    : null;
}
