/**
 * The environment of a trainer: who it is, where its job and its data are. In comes a job, out comes a list of
 * variables. What the manifest adds comes after; it may tune the process and cannot change what the trainer relies on.
 */
import { isReservedVariable, TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { podsOf } from '../status/world-size.ts';
import {
  DATA_FOLDER,
  METRICS_PORT,
  OUTPUT_FOLDER,
  RANK_LABEL,
  SCRATCH_FOLDER,
} from '../../multigrid/contract/trainer-pod.ts';

interface Variable {
  readonly name: string;
  readonly [field: string]: unknown;
}

export function environmentOf(job: TrainingJob): readonly Variable[] {
  const fixed = fixedVariables(job);
  const asked: readonly Variable[] = job.spec.workers.template?.env ?? [];
  // Refused since jobs are checked for it; a job may have been stored before.
  const added = asked.filter(({ name }) => !isReservedVariable(name));
  const isAdded = (name: string): boolean => added.some((variable) => variable.name === name);
  return [...fixed, ...TUNABLE.filter(({ name }) => !isAdded(name)), ...added];
}

/** Defaults that a manifest may replace. */
const TUNABLE: readonly Variable[] = [{ name: 'HOME', value: SCRATCH_FOLDER }];

function fixedVariables(job: TrainingJob): readonly Variable[] {
  const { name, namespace = '' } = job.metadata;
  const { processesPerWorker } = job.spec.workers;
  return [
    { name: TRAINER_ENV.jobNamespace, value: namespace },
    { name: TRAINER_ENV.jobName, value: name },
    { name: TRAINER_ENV.dataRoot, value: DATA_FOLDER },
    { name: TRAINER_ENV.output, value: OUTPUT_FOLDER },
    { name: TRAINER_ENV.rank, valueFrom: fieldRef(`metadata.annotations['${RANK_LABEL}']`) },
    { name: TRAINER_ENV.worldSize, value: String(podsOf(job)) },
    ...(processesPerWorker > 1
      ? [{ name: TRAINER_ENV.processesPerWorker, value: String(processesPerWorker) }]
      : []),
    { name: TRAINER_ENV.metricsPort, value: String(METRICS_PORT) },
    { name: TRAINER_ENV.podName, valueFrom: fieldRef('metadata.name') },
    { name: TRAINER_ENV.podUid, valueFrom: fieldRef('metadata.uid') },
  ];
}

function fieldRef(fieldPath: string): object {
  return { fieldRef: { apiVersion: 'v1', fieldPath } };
}
