/**
 * The sharing-out rule: which clips of a step are whose. In: the clips and batch-norm groups of the global batch, the number of
 * workers, a rank. Out: the rank's share: its clips, the groups they belong to, with whom it sums their statistics, and its
 * weight in the mean over the batch. Whole groups are shared out while there is one for every worker; else clips are, and
 * groups span workers. A clip's group does not depend on the workers (docs/adr/0038-shares-of-a-global-batch.md). Pure.
 */
import { type EvenShares, evenShares, type Range, rangeOf, rankOf } from './even-ranges.ts';

/** The clips of a step: group g of G takes positions g * clips / G to (g + 1) * clips / G - 1. */
export interface GroupedBatch {
  readonly clips: number;
  /** Batch-norm groups, all of one size. */
  readonly groups: number;
}

export interface WorkerSet {
  readonly workers: number;
  /** `Never`: where groups would span workers, a worker's own clips are a group of their own. */
  readonly acrossWorkers: 'Synchronize' | 'Never';
}

/** What is not taken apart. */
export type Unit = 'Group' | 'Clip';

/** How a batch is shared out, for all ranks at once. */
export interface Sharing extends EvenShares {
  readonly unit: Unit;
}

/** Clips of one group that one rank computes. */
export interface GroupPart {
  /** Number of the group in the batch; of the rank where no group may span workers and this one would. */
  readonly group: number;
  readonly clips: Range;
  /**
   * Everybody with clips of the group, by rank, this one included. The group's statistics are made from theirs in this order,
   * each weighed by its clips.
   */
  readonly holders: readonly Holder[];
}

export interface Holder {
  readonly rank: number;
  readonly clips: number;
}

export interface Share {
  /** Positions in the global batch. */
  readonly clips: Range;
  /** Of the rank's mean loss and gradients in those of the batch: its clips over all clips. */
  readonly weight: number;
  /** In the order of the groups; whole groups, or one or two parts. All are computed in one pass, so that nobody waits. */
  readonly parts: readonly GroupPart[];
}

/** More workers than clips, groups that do not divide the clips, or a rank that is none. */
export class SharingError extends Error {
  override readonly name = 'SharingError';
}

/** @throws SharingError when a worker would have no clip, or groups do not divide the batch. */
export function sharingOf({ clips, groups }: GroupedBatch, workers: number): Sharing {
  if (clips % groups !== 0) {
    throw new SharingError(`${clips} clips cannot be divided into ${groups} batch-norm groups of equal size`);
  }
  if (workers > clips) {
    throw new SharingError(
      `${workers} workers cannot share a batch of ${clips} clips; use at most ${clips} of them`,
    );
  }
  const unit = groups >= workers ? 'Group' : 'Clip';
  return { unit, ...evenShares(unit === 'Group' ? groups : clips, workers) };
}

/**
 * What one rank takes of a batch.
 *
 * @param rank - 0 to workers - 1
 * @throws SharingError as {@link sharingOf}, and when there is no such rank.
 */
export function shareOf(batch: GroupedBatch, rank: number, { workers, acrossWorkers }: WorkerSet): Share {
  if (!Number.isInteger(rank) || rank < 0 || rank >= workers) {
    throw new SharingError(`${workers} workers have no rank ${rank}; ranks start at 0`);
  }
  const sharing = sharingOf(batch, workers);
  const units = rangeOf(sharing, rank);
  const groupClips = batch.clips / batch.groups;
  const size = sharing.unit === 'Group' ? groupClips : 1;
  const clips = { first: units.first * size, count: units.count * size };
  const isAlone = sharing.unit === 'Clip' && acrossWorkers === 'Never';
  return {
    clips,
    weight: clips.count / batch.clips,
    parts: isAlone
      ? [{ group: rank, clips, holders: [{ rank, clips: clips.count }] }]
      : groupsIn(clips, groupClips).map((group) => ({
          group,
          clips: overlap(clips, groupRange(group, groupClips)),
          holders:
            sharing.unit === 'Group' ? [{ rank, clips: groupClips }] : holdersOf(group, groupClips, sharing),
        })),
  };
}

function groupsIn({ first, count }: Range, groupClips: number): readonly number[] {
  const from = Math.floor(first / groupClips);
  const to = Math.floor((first + count - 1) / groupClips);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Ranks with clips of one group, where clips are shared out. */
export function ranksOfGroup(group: number, groupClips: number, sharing: EvenShares): Range {
  const first = rankOf(sharing, group * groupClips);
  return { first, count: rankOf(sharing, (group + 1) * groupClips - 1) - first + 1 };
}

function holdersOf(group: number, groupClips: number, sharing: Sharing): readonly Holder[] {
  const range = groupRange(group, groupClips);
  const ranks = ranksOfGroup(group, groupClips, sharing);
  return Array.from({ length: ranks.count }, (_, index) => {
    const rank = ranks.first + index;
    return { rank, clips: overlap(range, rangeOf(sharing, rank)).count };
  });
}

function groupRange(group: number, groupClips: number): Range {
  return { first: group * groupClips, count: groupClips };
}

function overlap(one: Range, other: Range): Range {
  const first = Math.max(one.first, other.first);
  const end = Math.min(one.first + one.count, other.first + other.count);
  return { first, count: Math.max(0, end - first) };
}
