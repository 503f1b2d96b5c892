/**
 * Workers that are to come: why they do not run yet, when they will, and whether whoever makes them has forgotten to. In
 * come a Job, its pods and the warnings about them, out comes what is known of their start.
 */
import { REASONS } from '../../../status/reasons.ts';
import type { Finding, Workers } from '../../platform.ts';
import type { KeptIndexedJob, KeptPod, KeptWarning } from '../cache/kept-workers.ts';
import { isLive } from './how-ended.ts';
import { nextPodOf } from './next-pod.ts';
import { refusalOf } from './refusal.ts';
import { whyNotRunning, type StartFinding } from './why-not-running.ts';
import type { WorkersView } from './workers-view.ts';

type Starting = Extract<Workers, { readonly state: 'starting' }>;

/**
 * What a Job controller may take to make a pod. One whose watches broke at the wrong moment takes for five minutes a pod
 * for there that is not, and looks again only when something happens to the Job (Kubernetes 1.37).
 */
const PATIENCE_MS = 330_000;

/** How the next pod comes after one that has ended: the cluster sees to it. */
export function nextAfter(
  view: WorkersView,
  job: KeptIndexedJob,
  { ended, pods }: { readonly ended: KeptPod; readonly pods: readonly KeptPod[] },
): Finding {
  if (isLive(ended)) {
    const message = `${ended.beside.join(', ')} in pod ${ended.name} is being stopped, then the Job controller creates the next pod`;
    return { reason: REASONS.stopping, message };
  }
  const successor = pods.find(isLive);
  if (successor !== undefined) {
    return { reason: REASONS.starting, message: `pod ${successor.name} has replaced it` };
  }
  const { reason, message } = whyNoPod(view.warningsAbout(job.uid), job, pods);
  return { reason, message };
}

/** Workers of which some are not running yet, or not there. */
export function starting(
  view: WorkersView,
  job: KeptIndexedJob,
  { live, waiting, pods }: Readonly<Record<'live' | 'waiting' | 'pods', readonly KeptPod[]>>,
  nowMs: number,
): Starting {
  const found = whyNotAll(view, job, waiting, pods);
  const times = live.map(({ createdMs }) => createdMs);
  const dueMs = Math.max(job.startedMs ?? job.createdMs, nextPodOf(job, pods)?.dueMs ?? 0);
  const askedMs = Math.max(dueMs, job.remindedMs ?? 0);
  return {
    state: 'starting',
    id: waiting[0]?.name ?? job.name,
    sinceMs: times.length > 0 ? Math.max(...times) : dueMs,
    replicas: live.length,
    isOutdated: view.specHash !== null && job.specHash !== view.specHash(),
    isOverdue: live.length === 0 && !found.isHeld && nowMs - askedMs > PATIENCE_MS,
    ...found,
  };
}

/** What keeps a pod, or the Job from having one. */
function whyNotAll(
  view: WorkersView,
  job: KeptIndexedJob,
  waiting: readonly KeptPod[],
  pods: readonly KeptPod[],
): StartFinding {
  const findings = waiting.map((pod) => whyNotRunning(pod, view.warningsAbout(pod.uid)));
  const telling = findings.find(({ isStuck }) => isStuck) ?? findings[0];
  return telling === undefined
    ? whyNoPod(view.warningsAbout(job.uid), job, pods)
    : withPlaces(telling, job, pods);
}

/** Several workers train together or not at all: how many of them have a place is what one wants to know. */
function withPlaces(found: StartFinding, job: KeptIndexedJob, pods: readonly KeptPod[]): StartFinding {
  if (job.completions === 1 || found.reason !== REASONS.unschedulable) {
    return found;
  }
  const placed = pods.filter((pod) => isLive(pod) && pod.node !== '').length;
  return { ...found, message: `${placed} of ${job.completions} workers placed: ${found.message}` };
}

/** Why the Job has no pod. */
function whyNoPod(
  warnings: readonly KeptWarning[],
  job: KeptIndexedJob,
  pods: readonly KeptPod[],
): StartFinding {
  if (job.isSuspended) {
    const message = 'the Job is suspended: the queue controller of this cluster has not admitted it yet';
    return { reason: REASONS.queued, message, isStuck: false, isHeld: true };
  }
  const newest = warnings.at(-1);
  const newestPodMs = Math.max(0, ...pods.map(({ createdMs }) => createdMs));
  if (newest !== undefined && newest.lastMs >= newestPodMs) {
    return { ...refusalOf(newest.message), isStuck: true, isHeld: false };
  }
  const { reason, message } = nextPodOf(job, pods) ?? {
    reason: REASONS.starting,
    message: 'the Job exists, but its pods have not been created yet',
  };
  return { reason, message, isStuck: false, isHeld: false };
}
