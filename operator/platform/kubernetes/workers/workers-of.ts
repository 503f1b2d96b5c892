/**
 * What has become of the workers of a job: one answer from a Job, its pods and the warnings about them. Pure; in comes
 * what the caches hold, out comes one state, the worst of all pods'. Ends come one at a time, oldest first, until each is
 * recorded: pods are replaced while nobody looks. Called by kubernetes-platform.ts.
 */
import type { LastFailure } from '../../../../multigrid/object/job-object.ts';
import { REASONS } from '../../../status/reasons.ts';
import type { Finding, Workers } from '../../platform.ts';
import type { KeptCondition, KeptIndexedJob, KeptPod, KeptWarning } from '../cache/kept-workers.ts';
import { howEnded, isLive, type Ended } from './how-ended.ts';
import { refusalOf } from './refusal.ts';
import { whyNotRunning, type StartFinding } from './why-not-running.ts';

export interface WorkersView {
  /** Null: there is none, or it is another job's. */
  readonly job: KeptIndexedJob | null;
  /** All with the label of the training job, also those of Jobs before. */
  readonly pods: readonly KeptPod[];
  readonly warningsAbout: (uid: string) => readonly KeptWarning[];
  /** Of the Job as it would be made now; null: that is of no interest. */
  readonly specHash: (() => string) | null;
}

type Starting = Extract<Workers, { readonly state: 'starting' }>;

/** @param recorded - the failure that was recorded last */
export function workersOf(view: WorkersView, recorded: LastFailure | undefined, nowMs: number): Workers {
  const { job } = view;
  const isMine = (pod: KeptPod): boolean => job !== null && pod.ownerUid === job.uid;
  const left = view.pods.filter((pod) => isLive(pod) && (job?.isDeleting !== false || !isMine(pod)));
  if (job === null || job.isDeleting || left.length > 0) {
    return leaving(job, left, nowMs);
  }
  const pods = view.pods.filter(isMine);
  const unrecorded = oldestUnrecorded(pods, recorded);
  if (unrecorded !== null) {
    return howEnded(unrecorded);
  }
  const over = jobOver(job, pods, recorded);
  if (over !== null) {
    return over;
  }
  const live = pods.filter(isLive);
  // A trainer that has ended while its pod has not yet is on its way to be judged.
  const waiting = live.filter(({ trainer }) => trainer === null || trainer.kind === 'waiting');
  if (live.length >= job.completions - succeeded(pods).length && waiting.length === 0) {
    return running(live, job);
  }
  return starting(view, job, { live, waiting, pods });
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
  const message = 'the Job before is being cleared away';
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
  };
}

function oldestUnrecorded(pods: readonly KeptPod[], recorded: LastFailure | undefined): KeptPod | null {
  const failed = pods
    .filter(({ phase }) => phase === 'Failed')
    .sort((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1));
  const last = failed.findIndex(({ name }) => name === recorded?.pod);
  if (last >= 0) {
    return failed[last + 1] ?? null;
  }
  const recordedMs = recorded?.time === undefined ? Number.NEGATIVE_INFINITY : Date.parse(recorded.time);
  return failed.find((pod) => howEnded(pod).endedMs > recordedMs) ?? null;
}

/**
 * The Job has come to its end, or all of its pods have. Jobs and pods are watched apart, and either watch may be behind the
 * other: a Job that is over has no pod that runs, so one that still seems to is judged when the news of its end is here.
 */
function jobOver(
  job: KeptIndexedJob,
  pods: readonly KeptPod[],
  recorded: LastFailure | undefined,
): Workers | null {
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
function unseenEnd(
  job: KeptIndexedJob,
  end: KeptCondition,
): Pick<Ended, 'state' | 'id' | 'sinceMs' | 'endedMs' | 'log'> {
  const sinceMs = job.startedMs ?? job.createdMs;
  const id = `${job.name}-${job.uid}`;
  return { state: 'ended', id, sinceMs, endedMs: end.changedMs ?? sinceMs, log: '' };
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

/** The cluster takes Ready away from pods of a node that does not answer, and from no other pod whose trainer runs. */
function outOfReach({ conditions, trainer, name, node }: KeptPod): Finding | null {
  const isTrue = (name: string): boolean => conditions.find(({ type }) => type === name)?.status === 'True';
  const isLost = trainer?.kind === 'running' && isTrue('ContainersReady') && !isTrue('Ready');
  return isLost
    ? {
        reason: REASONS.nodeLost,
        message: `node ${node} of pod ${name} does not answer; training goes on there if it can, and the pod is replaced when it is certain that it does not`,
      }
    : null;
}

function starting(
  view: WorkersView,
  job: KeptIndexedJob,
  { live, waiting, pods }: Readonly<Record<'live' | 'waiting' | 'pods', readonly KeptPod[]>>,
): Starting {
  const findings = waiting.map((pod) => whyNotRunning(pod, view.warningsAbout(pod.uid)));
  const found =
    findings.find(({ isStuck }) => isStuck) ??
    findings[0] ??
    whyNoPod(view.warningsAbout(job.uid), job, pods);
  const times = live.map(({ createdMs }) => createdMs);
  const ends = pods.filter((pod) => !isLive(pod)).map((pod) => howEnded(pod).endedMs);
  return {
    state: 'starting',
    id: waiting[0]?.name ?? job.name,
    sinceMs: times.length > 0 ? Math.max(...times) : Math.max(job.startedMs ?? job.createdMs, ...ends),
    replicas: live.length,
    isOutdated: view.specHash !== null && job.specHash !== view.specHash(),
    ...found,
  };
}

/** Why the Job has no pod. */
function whyNoPod(
  warnings: readonly KeptWarning[],
  job: KeptIndexedJob,
  pods: readonly KeptPod[],
): StartFinding {
  if (job.isSuspended) {
    const message = 'the Job is suspended: whoever admits jobs in this cluster has not admitted it yet';
    return { reason: REASONS.queued, message, isStuck: false, isHeld: true };
  }
  const newest = warnings.at(-1);
  const newestPodMs = Math.max(0, ...pods.map(({ createdMs }) => createdMs));
  if (newest !== undefined && newest.lastMs >= newestPodMs) {
    return { ...refusalOf(newest.message), isStuck: true, isHeld: false };
  }
  const isReplaced = pods.length > 0;
  return {
    reason: isReplaced ? REASONS.backingOff : REASONS.starting,
    message: isReplaced
      ? 'the next pod comes after the delay of the Job'
      : 'the Job is there, its pods are not yet',
    isStuck: false,
    isHeld: false,
  };
}
