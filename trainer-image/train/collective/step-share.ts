/**
 * One worker's part of a step, by the sharing-out rule (`multigrid/sharing`). In: a step's phase and shape, the worker. Out: the
 * shape of its own graph, its positions in the global batch, its batch-norm groups, its weight in the mean over the batch. Pure.
 */
import { groupsOf } from '../../../multigrid/plan/groups.ts';
import type { Phase, Plan, ShortCycleShape } from '../../../multigrid/plan/types.ts';
import type { Range } from '../../../multigrid/sharing/even-ranges.ts';
import { shareOf, type WorkerSet } from '../../../multigrid/sharing/share.ts';
import type { StepShape } from '../../models/network.ts';
import { GroupsSpanGpusError } from '../errors.ts';
import { type Spanning, spanningOf } from './spanning.ts';

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
  /** The groups among all of the step whose statistics it keeps: its own, or those that begin with it. */
  readonly groups: Range;
  /** Null: all of its groups are its own. */
  readonly spanning: Spanning | null;
  /** Groups of the step, of all workers together. */
  readonly allGroups: number;
  /** Of its mean loss and gradients in those of the batch: its clips over all clips. */
  readonly weight: number;
}

/** @throws SharingError for more workers than clips. */
export function stepShare(
  phase: Phase,
  { globalBatch, cropSize }: Pick<ShortCycleShape, 'globalBatch' | 'cropSize'>,
  worker: Worker,
): StepShare {
  const batch = { clips: globalBatch, groups: groupsOf(phase) };
  const { clips, weight, parts } = shareOf(batch, worker.rank, worker);
  const spanning = spanningOf(batch, worker.rank, worker);
  const whole = { first: parts[0]!.group, count: parts.length };
  return {
    shape: {
      ...(spanning?.shape ?? { clips: clips.count, groups: whole.count }),
      ...{ frames: phase.frames, cropSize },
    },
    clips,
    groups: spanning?.kept ?? whole,
    spanning,
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

/** Says the same of workers that are GPUs. @throws GroupsSpanGpusError, for the first phase in which a group spans workers. */
export function requireGroupsOnGpus({ phases }: Pick<Plan, 'phases'>, worker: Worker): void {
  for (const phase of phases) {
    if (phase.shortCycle.some((shape) => stepShare(phase, shape, worker).spanning !== null)) {
      throw new GroupsSpanGpusError(phase.index, groupsOf(phase), worker.workers);
    }
  }
}

/** Groups of every step of a phase: the plan's, unless each worker's clips are a group of their own. */
export function groupsAmong(phase: Phase, { workers, acrossWorkers }: WorkerSet): number {
  const groups = groupsOf(phase);
  return acrossWorkers === 'Never' ? Math.max(groups, workers) : groups;
}
