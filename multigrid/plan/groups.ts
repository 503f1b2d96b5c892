/**
 * Batch-norm groups: statistics are taken over groups of a fixed number of clips, counted in the global batch of the long-cycle
 * shape. Under the short cycle the number of groups stays and the groups grow with the batch. In: a batch, or a phase of a plan
 * of any version. Out: the number of groups. Which worker computes which is the sharing's business, not the plan's.
 */
import type { Phase, PhaseOfVersion1 } from './types.ts';

/**
 * Groups that a batch of the long-cycle shape is made of, at least 1.
 *
 * @param groupSize clips of a group; null: the whole batch is one
 */
export function groupCount(globalBatch: number, groupSize: number | null): number {
  return groupSize === null ? 1 : Math.max(1, Math.floor(globalBatch / groupSize));
}

/** Groups of every step of a phase, over all workers. */
export function groupsOf(phase: Phase): number {
  return 'groups' in phase ? phase.groups : groupsOfVersion1(phase);
}

/** Version 1 says what one worker takes; how many workers there were follows from its part of the batch. */
function groupsOfVersion1({ shortCycle, batchPerWorker, normalization }: PhaseOfVersion1): number {
  const globalBatch = shortCycle.at(-1)?.globalBatch ?? 0;
  const workers = Math.max(1, Math.round(globalBatch / Math.max(1, batchPerWorker)));
  switch (normalization.kind) {
    case 'plain':
      return workers;
    case 'split':
      return workers * normalization.groups;
    case 'sync':
      return Math.max(1, Math.floor(workers / normalization.groups));
  }
}
