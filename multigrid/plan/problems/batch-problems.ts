/**
 * Problems of batches: too small for the workers, not divisible among them, more clips than there are, and batch-norm
 * groups that do not come out even. Each names the phase and the nearest legal batch, group size or number of workers.
 */
import type { FilledSpec } from '../../api/filled-spec.ts';
import { normalizationOf } from '../normalization.ts';
import type { Phase, PlanProblem } from '../types.ts';
import type { PlanFacts, ProblemCode } from './facts.ts';
import { nearestLegal, suggestions } from './nearest.ts';

/** Ranges of the API. */
const BATCH = { min: 1, max: 65536 };
const REPLICAS = { min: 1, max: 4096 };

export function batchProblems(spec: FilledSpec, { phases, clips }: PlanFacts): readonly PlanProblem[] {
  return phases
    .filter((phase) => phase.batchFactor > 0)
    .flatMap((phase) => {
      const ofWorkers = workerProblem(spec, phase, phases);
      return ofWorkers === null
        ? [groupProblem(spec, phase, phases), clipsProblem(phase, clips)].filter((found) => found !== null)
        : [ofWorkers];
    });
}

function problem(
  phase: Phase,
  code: ProblemCode,
  message: string,
  nearest: Parameters<typeof suggestions>[0],
): PlanProblem {
  return { phase: phase.index, code, message, nearest: suggestions(nearest) };
}

function workerProblem(spec: FilledSpec, phase: Phase, phases: readonly Phase[]): PlanProblem | null {
  const { replicas } = spec.workers;
  const { batchSize } = spec.recipe;
  const nearest = {
    'recipe.batchSize': nearestLegal(batchSize, BATCH, (batch) => batch % replicas === 0),
    'workers.replicas': nearestLegal(replicas, REPLICAS, (workers) =>
      phases.every(({ globalBatch }) => globalBatch > 0 && globalBatch % workers === 0),
    ),
  };
  if (phase.batchPerWorker === 0) {
    const message = `a batch of ${phase.globalBatch} clips is smaller than the ${replicas} workers`;
    return problem(phase, 'BatchSmallerThanWorkers', message, nearest);
  }
  if (phase.globalBatch % replicas !== 0) {
    const message = `a batch of ${phase.globalBatch} clips cannot be shared evenly by ${replicas} workers`;
    return problem(phase, 'WorkersDoNotDivideBatch', message, nearest);
  }
  return null;
}

function groupProblem(spec: FilledSpec, phase: Phase, phases: readonly Phase[]): PlanProblem | null {
  const { groupSize, longCycle, shortCycle } = spec.multigrid;
  const fault = groupFault(phase, groupSize, spec.workers.replicas, phase.normalization);
  if (fault === null || groupSize === null) {
    return null;
  }
  const isBaseline = longCycle === null && shortCycle === null;
  return problem(phase, fault.code, fault.message, {
    [isBaseline ? 'recipe.batchNorm.groupSize' : 'multigrid.groupSize']: nearestLegal(
      groupSize,
      BATCH,
      (size) => hasEvenGroups(spec, phases, size),
    ),
    'recipe.batchSize': nearestLegal(spec.recipe.batchSize, BATCH, (batch) => {
      const clipsOfAll = groupSize * spec.workers.replicas;
      return batch % clipsOfAll === 0;
    }),
  });
}

function hasEvenGroups(spec: FilledSpec, phases: readonly Phase[], groupSize: number): boolean {
  const { replicas } = spec.workers;
  return phases.every((phase) => {
    const normalization = normalizationOf(
      phase.batchPerWorker,
      groupSize,
      spec.recipe.batchNorm.acrossWorkers,
    );
    return groupFault(phase, groupSize, replicas, normalization) === null;
  });
}

function groupFault(
  { batchPerWorker, globalBatch }: Phase,
  groupSize: number | null,
  replicas: number,
  { kind, groups }: Phase['normalization'],
): { readonly code: ProblemCode; readonly message: string } | null {
  if (kind === 'split' && batchPerWorker % groups !== 0) {
    const message = `a worker's ${batchPerWorker} clips cannot be split into ${groups} equal batch-norm groups of about ${groupSize}`;
    return { code: 'GroupsDoNotDivideBatch', message };
  }
  if (kind === 'sync' && globalBatch < (groupSize ?? 0)) {
    const message = `a batch of ${globalBatch} clips is smaller than a batch-norm group of ${groupSize}`;
    return { code: 'BatchSmallerThanGroup', message };
  }
  if (kind === 'sync' && replicas % groups !== 0) {
    const message = `batch-norm groups of ${groupSize} clips span ${groups} workers with ${batchPerWorker} clips each, and ${replicas} workers are no multiple of that`;
    return { code: 'GroupsDoNotDivideWorkers', message };
  }
  return null;
}

function clipsProblem(phase: Phase, clips: number): PlanProblem | null {
  if (phase.iterationsPerEpoch > 0) {
    return null;
  }
  const first = phase.shortCycle.find((shape) => shape.globalBatch > 0);
  if (first === undefined) {
    return null;
  }
  const message = `an iteration takes ${first.globalBatch} clips, but there are ${clips} in all`;
  return problem(phase, 'TooFewClips', message, { 'data.clips': first.globalBatch });
}
