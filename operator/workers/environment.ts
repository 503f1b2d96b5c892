/**
 * The environment of a trainer: who it is, where its job, its data and its peers are. In comes a job, out comes a list of
 * variables. What the manifest adds comes after; it may tune the process and cannot change what the trainer relies on.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { worldSizeOf } from '../status/world-size.ts';
import { COLLECTIVE_PORT, DATA_FOLDER, METRICS_PORT, OUTPUT_FOLDER, SCRATCH_FOLDER } from './contract.ts';

interface Variable {
  readonly name: string;
  readonly [field: string]: unknown;
}

const COMPLETION_INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

export function environmentOf(job: TrainingJob): readonly Variable[] {
  const fixed = fixedVariables(job);
  const asked: readonly Variable[] = job.spec.workers.template?.env ?? [];
  const isFixed = (name: string): boolean => fixed.some((variable) => variable.name === name);
  const added = asked.filter(({ name }) => !isFixed(name));
  const isAdded = (name: string): boolean => added.some((variable) => variable.name === name);
  return [...fixed, ...TUNABLE.filter(({ name }) => !isAdded(name)), ...added];
}

/** Defaults that a manifest may replace. */
const TUNABLE: readonly Variable[] = [
  // Decoding, checkpoints and native calls share Node's thread pool; four threads are too few for all of them.
  { name: 'UV_THREADPOOL_SIZE', value: '8' },
  { name: 'HOME', value: SCRATCH_FOLDER },
];

function fixedVariables(job: TrainingJob): readonly Variable[] {
  const { name, namespace = '' } = job.metadata;
  return [
    { name: 'MULTIGRID_JOB_NAMESPACE', value: namespace },
    { name: 'MULTIGRID_JOB_NAME', value: name },
    { name: 'MULTIGRID_DATA_ROOT', value: DATA_FOLDER },
    { name: 'MULTIGRID_OUTPUT', value: OUTPUT_FOLDER },
    { name: 'MULTIGRID_RANK', valueFrom: fieldRef(COMPLETION_INDEX) },
    { name: 'MULTIGRID_WORLD_SIZE', value: String(worldSizeOf(job)) },
    { name: 'MULTIGRID_RANK0_ADDRESS', value: `${name}-0.${name}:${COLLECTIVE_PORT}` },
    { name: 'MULTIGRID_METRICS_PORT', value: String(METRICS_PORT) },
    { name: 'MULTIGRID_POD_NAME', valueFrom: fieldRef('metadata.name') },
    { name: 'MULTIGRID_POD_UID', valueFrom: fieldRef('metadata.uid') },
  ];
}

function fieldRef(fieldPath: string): object {
  return { fieldRef: { apiVersion: 'v1', fieldPath } };
}
