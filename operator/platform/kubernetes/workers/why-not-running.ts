/**
 * Why a pod does not run: in comes the pod and what was said about it, out comes a typed reason, the cluster's own
 * words, and whether it will pass by itself. The table of reasons is in docs/operator.md.
 */
import { REASONS } from '../../../status/reasons.ts';
import type { Finding } from '../../platform.ts';
import type { ContainerState, KeptPod, KeptWarning } from '../cache/kept-workers.ts';

export interface StartFinding extends Finding {
  readonly isStuck: boolean;
  readonly isHeld: boolean;
}

/** Waiting reasons of the kubelet that nothing but a person, or luck with a registry, ends. */
const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: REASONS.imagePullFailed,
  ImagePullBackOff: REASONS.imagePullFailed,
  ErrImageNeverPull: REASONS.imagePullFailed,
  InvalidImageName: REASONS.imagePullFailed,
  ImageInspectError: REASONS.imagePullFailed,
  RegistryUnavailable: REASONS.imagePullFailed,
  SignatureValidationFailed: REASONS.imagePullFailed,
  CreateContainerConfigError: REASONS.createContainerError,
  CreateContainerError: REASONS.createContainerError,
  RunContainerError: REASONS.createContainerError,
  PostStartHookError: REASONS.createContainerError,
  CrashLoopBackOff: REASONS.crashLoop,
};

const CLAIM_AT_FAULT = /persistentvolumeclaim|unbound immediate PersistentVolumeClaims|persistentvolume /i;

/** @param warnings - about this pod, newest last */
export function whyNotRunning(pod: KeptPod, warnings: readonly KeptWarning[]): StartFinding {
  return (
    unscheduled(pod) ??
    initAtFault(pod) ??
    (pod.trainer === null ? null : waiting(pod.trainer)) ??
    unmounted(warnings) ??
    passing(pod)
  );
}

function stuck(reason: string, message: string): StartFinding {
  return { reason, message, isStuck: true, isHeld: false };
}

function unscheduled({ conditions }: KeptPod): StartFinding | null {
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') {
    return null;
  }
  const { reason, message } = scheduled;
  if (reason === 'SchedulingGated') {
    return { reason: REASONS.queued, message, isStuck: false, isHeld: true };
  }
  return stuck(CLAIM_AT_FAULT.test(message) ? REASONS.claimMissing : REASONS.unschedulable, message);
}

function initAtFault({ initContainers }: KeptPod): StartFinding | null {
  for (const { name, state } of initContainers) {
    const found = waiting(state);
    if (found !== null) {
      const reason = found.reason === REASONS.crashLoop ? REASONS.initFailed : found.reason;
      return stuck(reason, `init container ${name}: ${found.message}`);
    }
    if (state.kind === 'terminated' && state.exitCode !== 0) {
      const message = `init container ${name} exited with code ${state.exitCode}`;
      return stuck(REASONS.initFailed, [message, state.message].filter((line) => line !== '').join('\n'));
    }
  }
  return null;
}

function waiting(state: ContainerState): StartFinding | null {
  if (state.kind !== 'waiting') {
    return null;
  }
  const reason = WAITING[state.reason];
  return reason === undefined
    ? null
    : stuck(reason, state.message === '' ? state.reason : `${state.reason}: ${state.message}`);
}

function unmounted(warnings: readonly KeptWarning[]): StartFinding | null {
  const newest = warnings.at(-1);
  if (newest === undefined) {
    return null;
  }
  const isClaim = /persistentvolumeclaim/i.test(newest.message);
  return stuck(isClaim ? REASONS.claimMissing : REASONS.volumeNotMounted, newest.message);
}

function passing({ node, name }: KeptPod): StartFinding {
  const isPlaced = node !== '';
  return {
    reason: isPlaced ? REASONS.containerCreating : REASONS.starting,
    message: isPlaced
      ? `pod ${name} is starting on node ${node}`
      : `pod ${name} is waiting for the scheduler`,
    isStuck: false,
    isHeld: false,
  };
}
