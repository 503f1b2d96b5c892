/**
 * How a pod ended: in comes a pod that is over, out come exit code, last lines, times, and what the cluster knows of the
 * cause: something outside the trainer (a disruption, never counted), or more than the exit code says of a failure. What
 * follows from it is decided by controller/policies.
 */
import { isOwnFailure, STOP_CODES } from '../../../../multigrid/contract/exit-codes.ts';
import { TRAINER } from '../../../../multigrid/contract/timings.ts';
import { REASONS } from '../../../status/reasons.ts';
import type { EndCause, Workers } from '../../platform.ts';
import { ownExcess } from './eviction.ts';
import type { ContainerState, KeptContainer, KeptPod } from '../cache/kept-workers.ts';

export type Ended = Omit<Extract<Workers, { readonly state: 'ended' }>, 'next'>;
type Terminated = Extract<ContainerState, { readonly kind: 'terminated' }>;

/** Reasons of the condition DisruptionTarget. */
const DISRUPTIONS: Readonly<Record<string, string>> = {
  PreemptionByScheduler: REASONS.preempted,
  EvictionByEvictionAPI: REASONS.evicted,
  TerminationByKubelet: REASONS.evicted,
  DeletionByTaintManager: REASONS.nodeLost,
  DeletionByPodGC: REASONS.nodeLost,
};

/** Reasons that stand on a pod as a whole. */
const EVICTED = 'Evicted';
const POD_REASONS: Readonly<Record<string, string>> = {
  Preempting: REASONS.preempted,
  NodeLost: REASONS.nodeLost,
  NodeShutdown: REASONS.nodeLost,
  Shutdown: REASONS.nodeLost,
  Terminated: REASONS.nodeLost,
  UnexpectedAdmissionError: REASONS.nodeRefused,
  NodeAffinity: REASONS.nodeRefused,
};
const OUT_OF_RESOURCE = /^OutOf[a-z]/;

/** The kubelet came back and found nothing of the container. */
const LOST_REASONS = new Set(['ContainerStatusUnknown', 'Unknown']);
const NOT_STARTED_REASONS = new Set(['StartError', 'ContainerCannotRun', 'CreateContainerError']);
const OUT_OF_MEMORY = 'OOMKilled';
const KILLED = 137;
const UNKNOWN_CODE = 255;
const NOT_STARTED_CODE = 128;
const ENDED_FROM_OUTSIDE: ReadonlySet<number> = new Set([KILLED, ...Object.values(STOP_CODES)]);
/** In which a pod that is ended as a whole has ended, and says why, milliseconds. */
const WHOLE_END_MS = TRAINER.stopGraceMs + 30_000;

export function howEnded(pod: KeptPod): Ended {
  const init = failedInit(pod);
  const trainer = pod.trainer?.kind === 'terminated' ? pod.trainer : null;
  const cause = disruptionOf(pod, trainer) ?? failureOf(pod, trainer, init);
  const { startedMs, finishedMs, exitCode, message } = trainer ?? init?.terminated ?? unseenEnd(pod);
  return {
    state: 'ended',
    id: pod.name,
    sinceMs: startedMs ?? pod.createdMs,
    endedMs: finishedMs ?? noLongerReadyMs(pod) ?? pod.createdMs,
    exitCode,
    cause,
    log: message,
    isLingering: lingers(pod),
  };
}

/** Of a pod whose container was not found any more by its kubelet, as after some evictions; Kubernetes goes by the same. */
function noLongerReadyMs({ conditions }: KeptPod): number | null {
  return conditions.find(({ type, status }) => type === 'Ready' && status === 'False')?.changedMs ?? null;
}

/** The trainer has ended, and what others have put beside it runs on. */
export function lingers(pod: Pick<KeptPod, 'phase' | 'trainer' | 'beside'>): boolean {
  return isLive(pod) && pod.trainer?.kind === 'terminated' && pod.beside.length > 0;
}

/**
 * Whether there is nothing to wait for: the pod has ended, or its trainer has and the pod will not by itself. A trainer
 * that was killed may be the first of a pod that is evicted; why is told when the last container is gone.
 */
export function isOver(pod: KeptPod, nowMs: number): boolean {
  const { trainer } = pod;
  if (!lingers(pod) || trainer?.kind !== 'terminated') {
    return !isLive(pod);
  }
  const { exitCode, reason } = trainer;
  const saysWhy = exitCode === 0 || isOwnFailure(exitCode) || reason === OUT_OF_MEMORY;
  return !pod.isDeleting && (saysWhy || nowMs - (trainer.finishedMs ?? nowMs) > WHOLE_END_MS);
}

export function isLive({ phase }: Pick<KeptPod, 'phase'>): boolean {
  return phase !== 'Succeeded' && phase !== 'Failed';
}

/**
 * Whether the trainer of this pod has ended beyond doubt: its kubelet saw the process end, and the pod is never started
 * again. The cluster also gives up pods of nodes that do not answer; what runs there may still write.
 */
export function hasEndedForCertain(pod: Pick<KeptPod, 'phase' | 'trainer'>): boolean {
  const { trainer } = pod;
  return (
    !isLive(pod) &&
    trainer?.kind === 'terminated' &&
    trainer.startedMs !== null &&
    trainer.finishedMs !== null &&
    !LOST_REASONS.has(trainer.reason) &&
    trainer.exitCode !== UNKNOWN_CODE
  );
}

/** A pod that failed without a word about its containers. */
function unseenEnd({ message, reason }: KeptPod): Terminated {
  return { kind: 'terminated', exitCode: KILLED, reason, message, startedMs: null, finishedMs: null };
}

function disruptionOf(pod: KeptPod, trainer: Terminated | null): EndCause | null {
  if (pod.reason === EVICTED) {
    return evictionOf(pod);
  }
  const target = pod.conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  if (target !== undefined) {
    return disruption(DISRUPTIONS[target.reason] ?? REASONS.disrupted, target.message || pod.message, pod);
  }
  const podReason = OUT_OF_RESOURCE.test(pod.reason) ? REASONS.nodeRefused : POD_REASONS[pod.reason];
  if (podReason !== undefined) {
    return disruption(podReason, pod.message, pod);
  }
  return trainer === null ? null : disruptionOfTrainer(pod, trainer);
}

function disruptionOfTrainer(pod: KeptPod, trainer: Terminated): EndCause | null {
  if (LOST_REASONS.has(trainer.reason)) {
    return disruption(REASONS.nodeLost, `node ${pod.node} was lost, and the trainer with it`, pod);
  }
  if (pod.isDeleting && ENDED_FROM_OUTSIDE.has(trainer.exitCode)) {
    const isKilled = trainer.exitCode === KILLED;
    return disruption(
      REASONS.podDeleted,
      isKilled ? 'it was deleted, and killed after its grace period' : 'it was deleted',
      pod,
    );
  }
  return null;
}

/** By a kubelet: to make room on its node, or since the pod had taken more than it may. */
function evictionOf(pod: KeptPod): EndCause {
  const said = pod.message;
  const advice = ownExcess(said);
  return advice === null
    ? disruption(REASONS.evicted, said, pod)
    : {
        kind: 'failure',
        reason: REASONS.evicted,
        message: `pod ${pod.name}: Evicted: ${said.trim()} To end this: ${advice}`,
      };
}

function disruption(reason: string, message: string, pod: KeptPod): EndCause {
  return { kind: 'disruption', reason, message: `pod ${pod.name}: ${message || 'ended from outside'}` };
}

function failureOf(
  pod: KeptPod,
  trainer: Terminated | null,
  init: { readonly name: string; readonly terminated: Terminated } | null,
): EndCause | null {
  if (trainer === null) {
    if (init !== null) {
      const message = `init container ${init.name} exited with code ${init.terminated.exitCode}`;
      return { kind: 'failure', reason: REASONS.initFailed, message };
    }
    const message = pod.message || pod.reason || 'the pod failed without reporting its containers';
    return { kind: 'failure', reason: REASONS.trainerFailed, message };
  }
  if (trainer.reason === OUT_OF_MEMORY) {
    const message =
      'the trainer was killed at its memory limit; raise workers.resources.limits.memory, or lower workers.microBatch or loader.cacheMiB';
    return { kind: 'failure', reason: REASONS.outOfMemory, message };
  }
  if (NOT_STARTED_REASONS.has(trainer.reason) && trainer.exitCode >= NOT_STARTED_CODE) {
    return { kind: 'failure', reason: REASONS.createContainerError, message: 'the container did not start' };
  }
  if (trainer.exitCode === UNKNOWN_CODE && trainer.message === '') {
    return disruption(REASONS.nodeLost, `node ${pod.node} was lost, and the trainer with it`, pod);
  }
  return null;
}

function failedInit({ initContainers }: KeptPod): {
  readonly name: string;
  readonly terminated: Terminated;
} | null {
  const failed = initContainers.flatMap(({ name, state }: KeptContainer) =>
    state.kind === 'terminated' && state.exitCode !== 0 ? [{ name, terminated: state }] : [],
  );
  return failed[0] ?? null;
}
