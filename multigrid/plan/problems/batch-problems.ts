/**
 * Problems of batches: fewer clips than workers, more clips than there are, and batch-norm groups that do not come out
 * even. Each names the phase and the nearest legal batch, group size or number of workers.
 */
import type { FilledSpec } from '../../api/filled-spec.ts';
import { ranksOf } from '../../sharing/ranks.ts';
import { groupCount } from '../groups.ts';
import type { Phase, PlanProblem } from '../types.ts';
import type { PlanFacts, ProblemCode } from './facts.ts';
import { nearestLegal, suggestions } from './nearest.ts';

/** Ranges of the API. */
const BATCH = { min: 1, max: 65536 };

interface Fault {
  readonly phase: Phase;
  readonly code: ProblemCode;
  readonly message: string;
}

export function batchProblems(spec: FilledSpec, { phases, clips }: PlanFacts): readonly PlanProblem[] {
  const sound = phases.filter((phase) => phase.batchFactor > 0);
  return [
    ...problemsFrom(
      sound.map((phase) => workerFault(phase, ranksOf(spec.workers))),
      () => nearestForWorkers(spec, sound),
    ),
    ...problemsFrom(
      sound.map((phase) => groupFault(spec, phase, spec.multigrid.groupSize)),
      () => nearestForGroups(spec, sound),
    ),
    ...sound.flatMap((phase) => clipsProblem(phase, clips)),
  ];
}

/** The faults as problems, with the suggestions that all of them share: looked for once, and only when needed. */
function problemsFrom(
  checked: readonly (Fault | null)[],
  nearestOf: () => PlanProblem['nearest'],
): readonly PlanProblem[] {
  const faults = checked.filter((fault) => fault !== null);
  if (faults.length === 0) {
    return [];
  }
  const nearest = nearestOf();
  return faults.map(({ phase, code, message }) => ({ phase: phase.index, code, message, nearest }));
}

/** Every worker takes a clip of every step at the least; the short cycle's other batches are never smaller. */
function workerFault(phase: Phase, replicas: number): Fault | null {
  if (replicas <= phase.globalBatch) {
    return null;
  }
  const message = `a batch of ${phase.globalBatch} clips is smaller than the ${replicas} workers`;
  return { phase, code: 'BatchSmallerThanWorkers', message };
}

function nearestForWorkers(
  { recipe, workers }: FilledSpec,
  phases: readonly Phase[],
): PlanProblem['nearest'] {
  const smallest = Math.min(...phases.map((phase) => phase.batchFactor));
  return suggestions({
    'recipe.batchSize': nearestLegal(
      recipe.batchSize,
      BATCH,
      (batch) => batch * smallest >= ranksOf(workers),
    ),
    'workers.replicas': [Math.floor((recipe.batchSize * smallest) / workers.processesPerWorker)],
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
    'recipe.batchSize': nearestLegal(spec.recipe.batchSize, BATCH, (batch) => batch % groupSize === 0),
  });
}

function groupFault({ recipe }: FilledSpec, phase: Phase, groupSize: number | null): Fault | null {
  const { globalBatch } = phase;
  const groups = groupCount(globalBatch, groupSize);
  if (globalBatch % groups !== 0) {
    const message = `a batch of ${globalBatch} clips cannot be split into ${groups} equal batch-norm groups of about ${groupSize}`;
    return { phase, code: 'GroupsDoNotDivideBatch', message };
  }
  if (globalBatch < (groupSize ?? 0) && recipe.batchNorm.acrossWorkers === 'Synchronize') {
    const message = `a batch of ${globalBatch} clips is smaller than a batch-norm group of ${groupSize}`;
    return { phase, code: 'BatchSmallerThanGroup', message };
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
