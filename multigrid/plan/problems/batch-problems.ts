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

interface Fault {
  readonly phase: Phase;
  readonly code: ProblemCode;
  readonly message: string;
}

export function batchProblems(spec: FilledSpec, { phases, clips }: PlanFacts): readonly PlanProblem[] {
  const sound = phases.filter((phase) => phase.batchFactor > 0);
  const shared = sound.map((phase) => ({ phase, fault: workerFault(phase, spec.workers.replicas) }));
  const even = shared.filter(({ fault }) => fault === null).map(({ phase }) => phase);
  return [
    ...problemsFrom(shared, () => nearestForWorkers(spec, sound)),
    ...problemsFrom(
      even.map((phase) => ({ phase, fault: groupFault(spec, phase, spec.multigrid.groupSize) })),
      () => nearestForGroups(spec, sound),
    ),
    ...even.flatMap((phase) => clipsProblem(phase, clips)),
  ];
}

/** The faults as problems, with the suggestions that all of them share: looked for once, and only when needed. */
function problemsFrom(
  checked: readonly { readonly phase: Phase; readonly fault: Fault | null }[],
  nearestOf: () => PlanProblem['nearest'],
): readonly PlanProblem[] {
  const faults = checked.map(({ fault }) => fault).filter((fault) => fault !== null);
  if (faults.length === 0) {
    return [];
  }
  const nearest = nearestOf();
  return faults.map(({ phase, code, message }) => ({ phase: phase.index, code, message, nearest }));
}

function workerFault(phase: Phase, replicas: number): Fault | null {
  if (phase.batchPerWorker === 0) {
    const message = `a batch of ${phase.globalBatch} clips is smaller than the ${replicas} workers`;
    return { phase, code: 'BatchSmallerThanWorkers', message };
  }
  if (phase.globalBatch % replicas !== 0) {
    const message = `a batch of ${phase.globalBatch} clips cannot be shared evenly by ${replicas} workers`;
    return { phase, code: 'WorkersDoNotDivideBatch', message };
  }
  return null;
}

function nearestForWorkers(spec: FilledSpec, phases: readonly Phase[]): PlanProblem['nearest'] {
  const { replicas } = spec.workers;
  const batches = new Set(phases.map((phase) => phase.globalBatch));
  return suggestions({
    'recipe.batchSize': nearestLegal(spec.recipe.batchSize, BATCH, (batch) => batch % replicas === 0),
    'workers.replicas': nearestLegal(replicas, REPLICAS, (workers) =>
      [...batches].every((batch) => batch % workers === 0),
    ),
  });
}

function nearestForGroups(spec: FilledSpec, phases: readonly Phase[]): PlanProblem['nearest'] {
  const { groupSize, longCycle, shortCycle } = spec.multigrid;
  if (groupSize === null) {
    return {};
  }
  const isBaseline = longCycle === null && shortCycle === null;
  // Phases of one shape have one batch: one of each is enough.
  const distinct = phases.filter(
    (phase, index) => phases.findIndex((other) => other.globalBatch === phase.globalBatch) === index,
  );
  return suggestions({
    [isBaseline ? 'recipe.batchNorm.groupSize' : 'multigrid.groupSize']: nearestLegal(
      groupSize,
      BATCH,
      (size) => distinct.every((phase) => groupFault(spec, phase, size) === null),
    ),
    'recipe.batchSize': nearestLegal(
      spec.recipe.batchSize,
      BATCH,
      (batch) => batch % (groupSize * spec.workers.replicas) === 0,
    ),
  });
}

function groupFault(spec: FilledSpec, phase: Phase, groupSize: number | null): Fault | null {
  const { batchPerWorker, globalBatch } = phase;
  const { replicas } = spec.workers;
  const { kind, groups } = normalizationOf(batchPerWorker, groupSize, spec.recipe.batchNorm.acrossWorkers);
  if (kind === 'split' && batchPerWorker % groups !== 0) {
    const message = `a worker's ${batchPerWorker} clips cannot be split into ${groups} equal batch-norm groups of about ${groupSize}`;
    return { phase, code: 'GroupsDoNotDivideBatch', message };
  }
  if (kind === 'sync' && globalBatch < (groupSize ?? 0)) {
    const message = `a batch of ${globalBatch} clips is smaller than a batch-norm group of ${groupSize}`;
    return { phase, code: 'BatchSmallerThanGroup', message };
  }
  if (kind === 'sync' && replicas % groups !== 0) {
    const message = `batch-norm groups of ${groupSize} clips span ${groups} workers with ${batchPerWorker} clips each, and ${replicas} workers are no multiple of that`;
    return { phase, code: 'GroupsDoNotDivideWorkers', message };
  }
  return null;
}

function clipsProblem(phase: Phase, clips: number): readonly PlanProblem[] {
  const first = phase.shortCycle.find((shape) => shape.globalBatch > 0);
  if (phase.iterationsPerEpoch > 0 || first === undefined) {
    return [];
  }
  const message = `an iteration takes ${first.globalBatch} clips, but there are ${clips} in all`;
  return [{ phase: phase.index, code: 'TooFewClips', message, nearest: { 'data.clips': first.globalBatch } }];
}
