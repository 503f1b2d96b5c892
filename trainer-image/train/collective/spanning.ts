/**
 * Groups that span workers, as one worker has them. In: the clips and groups of a step, the workers, a rank. Out: the pieces that
 * its clips are cut into, each of one group, and with whom it exchanges their statistics; null where every group is one worker's. All
 * ranks come to the same answer. Pure.
 */
import type { Range } from '../../../multigrid/sharing/even-ranges.ts';
import { type GroupedBatch, shareOf, sharingOf, type WorkerSet } from '../../../multigrid/sharing/share.ts';
import type { StepShape } from '../../models/network.ts';
import type { ExchangedGroup } from '../../mpi/exchange-memory.ts';

export interface Spanning {
  /** Of the worker's training graph. */
  readonly shape: Pick<StepShape, 'clips' | 'groups' | 'spanningClips'>;
  readonly groups: readonly ExchangedGroup[];
  /** The groups whose statistics this worker keeps: those whose first clip it has. */
  readonly kept: Range;
  /** For each of them a piece that has its statistics. */
  readonly keptPieces: readonly number[];
}

/** @throws SharingError for more workers than clips, groups that do not divide the batch, or a rank that is none. */
export function spanningOf(batch: GroupedBatch, rank: number, set: WorkerSet): Spanning | null {
  if (set.acrossWorkers === 'Never' || sharingOf(batch, set.workers).unit === 'Group') {
    return null;
  }
  const { clips, parts } = shareOf(batch, rank, set);
  const groupClips = batch.clips / batch.groups;
  // Of one size, so that pieces are to the graph what groups are.
  const pieceClips = parts.reduce((size, part) => commonDivisor(part.clips.count, size), 0);
  const firstPieces = parts.map((part) => (part.clips.first - clips.first) / pieceClips);
  const isKept = parts.map(({ holders }) => holders[0]!.rank === rank);
  const kept = parts.filter((_, index) => isKept[index]).map(({ group }) => group);
  const clipsOf = (other: number): number => shareOf(batch, other, set).clips.count;
  return {
    shape: { clips: clips.count, groups: clips.count / pieceClips, spanningClips: groupClips },
    kept: { first: kept[0] ?? 0, count: kept.length },
    keptPieces: firstPieces.filter((_, index) => isKept[index]),
    groups: parts.map((part) => ({
      pieces: part.clips.count / pieceClips,
      holders: part.holders.map((holder) => ({
        rank: holder.rank,
        weight: holder.clips / groupClips,
        scale: clipsOf(holder.rank) / clips.count,
      })),
    })),
  };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
