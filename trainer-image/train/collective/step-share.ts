/**
 * One worker's part of a step, by the sharing-out rule (`multigrid/sharing`). In: a step's phase and shape, the worker. Out: the
 * shape of its own graph, its positions in the global batch, its batch-norm groups, its weight in the mean over the batch. Pure.
 */
import { groupsOf } from '../../../multigrid/plan/groups.ts';
import type { Phase, Plan, ShortCycleShape } from '../../../multigrid/plan/types.ts';
import type { Range } from '../../../multigrid/sharing/even-ranges.ts';
import { type GroupPart, shareOf, type WorkerSet } from '../../../multigrid/sharing/share.ts';
import type { StepShape } from '../../models/network.ts';
import { GroupsSpanWorkersError } from '../errors.ts';

/** One of the workers of a job. */
export interface Worker extends WorkerSet {
  /** From 0. */
  readonly rank: number;
}

/** The one worker of a job. */
export const ALONE: Worker = { rank: 0, workers: 1, acrossWorkers: 'Synchronize' };

/** Which worker a process is: its place in the collective, and what the job says of groups that would span workers. */
export function workerOf(
  { rank, size }: { readonly rank: number; readonly size: number },
  { acrossWorkers }: Pick<WorkerSet, 'acrossWorkers'>,
): Worker {
  return { rank, workers: size, acrossWorkers };
}

export interface StepShare {
  /** Of the worker's own clips and groups. */
  readonly shape: StepShape;
  /** Positions of its clips in the global batch. */
  readonly clips: Range;
  /** Its groups among all of the step. */
  readonly groups: Range;
  /** Groups of the step, of all workers together. */
  readonly allGroups: number;
  /** Of its mean loss and gradients in those of the batch: its clips over all clips. */
  readonly weight: number;
}

/** @throws SharingError for more workers than clips; GroupsSpanWorkersError where a group would have clips of several workers. */
export function stepShare(
  phase: Phase,
  { globalBatch, cropSize }: Pick<ShortCycleShape, 'globalBatch' | 'cropSize'>,
  worker: Worker,
): StepShare {
  const batch = { clips: globalBatch, groups: groupsOf(phase) };
  const { clips, weight, parts } = shareOf(batch, worker.rank, worker);
  requireWholeGroups(phase, parts, worker);
  const groups = { first: parts[0]!.group, count: parts.length };
  return {
    shape: { clips: clips.count, groups: groups.count, frames: phase.frames, cropSize },
    clips,
    groups,
    allGroups: groupsAmong(phase, worker),
    weight,
  };
}

/** Says before training what would show at a border after hours. @throws as {@link stepShare}, for the first phase at fault. */
export function requireShares({ phases }: Pick<Plan, 'phases'>, worker: Worker): void {
  for (const phase of phases) {
    phase.shortCycle.forEach((shape) => stepShare(phase, shape, worker));
  }
}

/** Groups of every step of a phase: the plan's, unless each worker's clips are a group of their own. */
export function groupsAmong(phase: Phase, { workers, acrossWorkers }: WorkerSet): number {
  const groups = groupsOf(phase);
  return acrossWorkers === 'Never' ? Math.max(groups, workers) : groups;
}

function requireWholeGroups(phase: Phase, parts: readonly GroupPart[], { workers }: Worker): void {
  if (parts.some(({ holders }) => holders.length > 1)) {
    throw new GroupsSpanWorkersError(phase.index, groupsOf(phase), workers);
  }
}
