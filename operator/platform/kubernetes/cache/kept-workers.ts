/**
 * What stays in memory of the Jobs and pods that workers are made of, and of the events that say why a Job has none. In
 * come objects of the API server, out comes the little that workers-of.ts judges by. Made by informers.
 */
import { JOB_NAME_LABEL, KIND, REMINDED, SPEC_HASH } from '../../../../multigrid/contract/names.ts';
import { RANK_LABEL, TRAINER_CONTAINER } from '../../../../multigrid/contract/trainer-pod.ts';
import type { Versioned } from '../../../../kube/informer.ts';
import { listAt, numberAt, objectAt, textAt, timeAt, valueAt } from '../../../../multigrid/json/fields.ts';

/** `True` conditions of an object by type. */
export interface KeptCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** When the status last changed, by the API server's clock. */
  readonly changedMs: number | null;
}

interface KeptWorkersObject extends Versioned {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Training job that it belongs to. */
  readonly jobName: string;
  readonly createdMs: number;
  readonly isDeleting: boolean;
}

export interface KeptIndexedJob extends KeptWorkersObject {
  /** The training job that it was made for; another of the same name may have come since. Empty: for none. */
  readonly ownerUid: string;
  readonly completions: number;
  /** What its spec was made from. */
  readonly specHash: string;
  readonly isSuspended: boolean;
  /** When it was started, or let go on after having been held. */
  readonly startedMs: number | null;
  /** Pods of it whose failure it has counted. */
  readonly failed: number;
  /** When its controller was reminded of it. */
  readonly remindedMs: number | null;
  readonly conditions: readonly KeptCondition[];
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedMs: number }
  | {
      readonly kind: 'terminated';
      readonly exitCode: number;
      readonly reason: string;
      readonly message: string;
      readonly startedMs: number | null;
      readonly finishedMs: number | null;
    };

export interface KeptContainer {
  readonly name: string;
  readonly state: ContainerState;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface KeptPod extends KeptWorkersObject {
  /** Uid of the Job of that name that it was made by. Empty: by none, whatever its labels say. */
  readonly ownerUid: string;
  /** Which worker it is; null for a pod that is none. */
  readonly rank: number | null;
  readonly node: string;
  readonly phase: PodPhase;
  /** Of the pod as a whole, as in `Evicted`. */
  readonly reason: string;
  readonly message: string;
  readonly graceSeconds: number | null;
  readonly conditions: readonly KeptCondition[];
  readonly trainer: ContainerState | null;
  /** Its kubelet probes the trainer, and got an answer when it last asked. */
  readonly isAnswering: boolean;
  /** Containers beside the trainer that have not ended: put in by others, and nobody ends them when the trainer has ended. */
  readonly beside: readonly string[];
  /** When the last of its containers ended; null while one has not. */
  readonly finishedMs: number | null;
  /** Containers that run before the trainer: put in by others. */
  readonly initContainers: readonly KeptContainer[];
}

/** A Warning about a Job or a pod: pods that could not be made, volumes that could not be mounted. */
export interface KeptWarning extends Versioned {
  readonly namespace: string;
  readonly objectUid: string;
  /** The training job it is about, if it is about one of ours. */
  readonly jobName: string;
  readonly message: string;
  readonly lastMs: number;
}

export function keepIndexedJob(object: unknown): KeptIndexedJob | null {
  const head = headOf(object);
  return head === null
    ? null
    : {
        ...head,
        ownerUid: controllerUid(object, KIND, head.jobName),
        specHash: textAt(object, 'metadata', 'annotations', SPEC_HASH) ?? '',
        completions: numberAt(object, 'spec', 'completions') ?? 1,
        isSuspended: valueAt(object, 'spec', 'suspend') === true,
        startedMs: timeAt(object, 'status', 'startTime'),
        failed: numberAt(object, 'status', 'failed') ?? 0,
        remindedMs: timeAt(object, 'metadata', 'annotations', REMINDED),
        conditions: conditionsOf(object),
      };
}

export function keepPod(object: unknown): KeptPod | null {
  const head = headOf(object);
  if (head === null) {
    return null;
  }
  const containers = listAt(object, 'status', 'containerStatuses').map(containerOf);
  return {
    ...head,
    ownerUid: controllerUid(object, 'Job', head.jobName),
    rank: rankOf(object),
    node: textAt(object, 'spec', 'nodeName') ?? '',
    phase: phaseOf(textAt(object, 'status', 'phase')),
    reason: textAt(object, 'status', 'reason') ?? '',
    message: textAt(object, 'status', 'message') ?? '',
    graceSeconds: numberAt(object, 'metadata', 'deletionGracePeriodSeconds'),
    conditions: conditionsOf(object),
    trainer: containers.find(({ name }) => name === TRAINER_CONTAINER)?.state ?? null,
    isAnswering: isAnswering(object),
    beside: containers
      .filter(({ name, state }) => name !== TRAINER_CONTAINER && state.kind !== 'terminated')
      .map(({ name }) => name),
    finishedMs: lastEnd(containers),
    initContainers: listAt(object, 'status', 'initContainerStatuses').map(containerOf),
  };
}

export function keepWarning(object: unknown): KeptWarning | null {
  const name = textAt(object, 'metadata', 'name');
  const namespace = textAt(object, 'metadata', 'namespace') ?? '';
  return name === null
    ? null
    : {
        key: `${namespace}/${name}`,
        namespace,
        resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
        objectUid: textAt(object, 'involvedObject', 'uid') ?? '',
        jobName: jobNameIn(textAt(object, 'involvedObject', 'name') ?? ''),
        message: textAt(object, 'message') ?? '',
        lastMs:
          timeAt(object, 'series', 'lastObservedTime') ??
          timeAt(object, 'lastTimestamp') ??
          timeAt(object, 'eventTime') ??
          0,
      };
}

const POD_NAME = /-\d+-[a-z0-9]{5}$/;

/** A pod of an Indexed Job is named after it: name, index, five random letters; a Job has the training job's name. */
function jobNameIn(name: string): string {
  return name.replace(POD_NAME, '');
}

function headOf(object: unknown): KeptWorkersObject | null {
  const name = textAt(object, 'metadata', 'name');
  const namespace = textAt(object, 'metadata', 'namespace') ?? '';
  return name === null
    ? null
    : {
        key: `${namespace}/${name}`,
        namespace,
        name,
        resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
        uid: textAt(object, 'metadata', 'uid') ?? '',
        jobName: textAt(object, 'metadata', 'labels', JOB_NAME_LABEL) ?? '',
        createdMs: timeAt(object, 'metadata', 'creationTimestamp') ?? 0,
        isDeleting: textAt(object, 'metadata', 'deletionTimestamp') !== null,
      };
}

function rankOf(object: unknown): number | null {
  const index = textAt(object, 'metadata', 'annotations', RANK_LABEL);
  return index !== null && /^\d+$/.test(index) ? Number(index) : null;
}

/** Everybody may set labels; a controller that does not exist makes the cluster's garbage collector take the object away. */
function controllerUid(object: unknown, kind: string, name: string): string {
  const owner = listAt(object, 'metadata', 'ownerReferences').find(
    (reference) =>
      valueAt(reference, 'controller') === true &&
      textAt(reference, 'kind') === kind &&
      textAt(reference, 'name') === name,
  );
  return textAt(owner, 'uid') ?? '';
}

function conditionsOf(object: unknown): readonly KeptCondition[] {
  return listAt(object, 'status', 'conditions').map((condition) => ({
    type: textAt(condition, 'type') ?? '',
    status: textAt(condition, 'status') ?? '',
    reason: textAt(condition, 'reason') ?? '',
    message: textAt(condition, 'message') ?? '',
    changedMs: timeAt(condition, 'lastTransitionTime'),
  }));
}

function containerOf(status: unknown): KeptContainer {
  return { name: textAt(status, 'name') ?? '', state: stateOf(valueAt(status, 'state')) };
}

function stateOf(state: unknown): ContainerState {
  const text = (kind: string, field: string): string => textAt(state, kind, field) ?? '';
  const exitCode = numberAt(state, 'terminated', 'exitCode');
  if (exitCode !== null) {
    return {
      kind: 'terminated',
      exitCode,
      reason: text('terminated', 'reason'),
      message: text('terminated', 'message'),
      startedMs: timeAt(state, 'terminated', 'startedAt'),
      finishedMs: timeAt(state, 'terminated', 'finishedAt'),
    };
  }
  const startedMs = timeAt(state, 'running', 'startedAt');
  if (startedMs !== null) {
    return { kind: 'running', startedMs };
  }
  return { kind: 'waiting', reason: text('waiting', 'reason'), message: text('waiting', 'message') };
}

/** A container that nobody probes is ready as soon as it runs. */
function isAnswering(pod: unknown): boolean {
  const isTrainer = (container: unknown): boolean => textAt(container, 'name') === TRAINER_CONTAINER;
  const spec = listAt(pod, 'spec', 'containers').find(isTrainer);
  const status = listAt(pod, 'status', 'containerStatuses').find(isTrainer);
  return objectAt(spec, 'readinessProbe') !== null && valueAt(status, 'ready') === true;
}

function lastEnd(containers: readonly KeptContainer[]): number | null {
  const ends = containers.map(({ state }) => (state.kind === 'terminated' ? state.finishedMs : null));
  const known = ends.filter((end) => end !== null);
  return known.length === 0 || known.length < ends.length ? null : Math.max(...known);
}

const PHASES: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed'];

function phaseOf(phase: string | null): PodPhase {
  return PHASES.find((known) => known === phase) ?? 'Unknown';
}
