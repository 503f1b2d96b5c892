/**
 * How the clips of a step are taken: micro-batches of whole batch-norm groups, run by lanes at the same time. In: a step's shape
 * and the limits of a job. Out: the first micro-batches to try, and after each the next smaller ones, for a step that does not
 * fit into memory. Groups are independent of each other, so all of them give the numbers of the full batch. Pure.
 */
import type { StepShape } from '../../models/network.ts';
import type { MicroBatchRecord } from '../../run-folder/events.ts';
import type { RecomputePolicy } from '../settings.ts';

type Batch = Pick<StepShape, 'clips' | 'groups' | 'spanningClips'>;

export interface MicroBatchLimits {
  /** Cores to use, at least 1. */
  readonly cores: number;
  /** Most micro-batches in flight at once; as many as cores when left out. */
  readonly lanes?: number;
  /** Most clips of a micro-batch; 0: no limit. Never takes a group apart. */
  readonly microBatch: number;
  /** Default `Never`. */
  readonly recompute?: RecomputePolicy;
}

/** The micro-batches of a step, all of one size. */
export interface MicroBatches {
  /** Clips of each. */
  readonly clips: number;
  /** Batch-norm groups of each. */
  readonly groups: number;
  /** How many make up the step; number i is run by lane i mod lanes, in ascending order. */
  readonly count: number;
  /** How many are in flight at once. */
  readonly lanes: number;
  readonly threadsPerLane: number;
  /** The graph computes the inner activations of residual blocks again in the backward pass. */
  readonly recomputes: boolean;
}

/** A step whose micro-batches were made smaller because they did not fit. */
export interface Reduction {
  readonly shape: StepShape;
  readonly from: MicroBatches;
  readonly to: MicroBatches;
  /** What the engine said. */
  readonly cause: string;
}

/** A batch that cannot be divided into whole groups. */
export class GroupSizeError extends Error {
  override readonly name = 'GroupSizeError';
}

/**
 * The micro-batches that keep every core busy: one per core while there are groups enough, else fewer with more threads each
 * (measured in docs/benchmarks.md). Groups that span workers are taken in one pass, whatever the limits are: while a worker
 * waits for the rest of one group, others may be waiting for it in another.
 *
 * @throws GroupSizeError when `clips` is no multiple of `groups`.
 */
export function firstMicroBatches(batch: Batch, limits: MicroBatchLimits): MicroBatches {
  const { clips, groups } = batch;
  const { cores, lanes = cores, microBatch, recompute } = limits;
  if (clips < 1 || clips % groups !== 0) {
    throw new GroupSizeError(
      `${clips} clips cannot be divided into ${groups} batch-norm groups of equal size; the nearest batches that can are ` +
        `${Math.max(1, Math.floor(clips / groups)) * groups} and ${(Math.floor(clips / groups) + 1) * groups}`,
    );
  }
  if (batch.spanningClips !== undefined) {
    return inMicroBatches(batch, groups, { cores, lanes: 1 }, recompute === 'Always');
  }
  const fitting = microBatch === 0 ? groups : Math.floor((microBatch * groups) / clips);
  const most = Math.max(1, Math.min(Math.floor(groups / lanes), fitting));
  return inMicroBatches(batch, largestDivisor(groups, most), { cores, lanes }, recompute === 'Always');
}

/**
 * The next smaller ones: half the groups in each, down to one; then half the lanes, down to one; then blocks computed twice,
 * where that is allowed.
 *
 * @returns null when there are none.
 */
export function smallerMicroBatches(
  { clips, groups, count, lanes: lanesNow, recomputes }: MicroBatches,
  { cores, lanes = cores, recompute }: MicroBatchLimits,
  { spanningClips }: Pick<StepShape, 'spanningClips'> = {},
): MicroBatches | null {
  const batch = { clips: clips * count, groups: groups * count };
  if (spanningClips !== undefined) {
    return recompute === 'Auto' && !recomputes
      ? inMicroBatches(batch, groups, { cores, lanes: 1 }, true)
      : null;
  }
  if (groups > 1) {
    const half = largestDivisor(batch.groups, Math.floor(groups / 2));
    return inMicroBatches(batch, half, { cores, lanes }, recomputes);
  }
  if (lanesNow > 1) {
    return inMicroBatches(batch, 1, { cores, lanes: Math.floor(lanesNow / 2) }, recomputes);
  }
  return recompute === 'Auto' && !recomputes ? inMicroBatches(batch, 1, { cores, lanes }, true) : null;
}

/**
 * Micro-batches that were found earlier, from the few numbers that are kept of them.
 *
 * @returns null when the batch cannot be divided so on these cores.
 */
export function knownMicroBatches(
  batch: Batch,
  { clipsPerRun, lanes, recomputes }: Pick<MicroBatchRecord, 'clipsPerRun' | 'lanes' | 'recomputes'>,
  { cores, lanes: mostLanes = cores }: Pick<MicroBatchLimits, 'cores' | 'lanes'>,
): MicroBatches | null {
  const clipsPerGroup = batch.clips / batch.groups;
  const groups = clipsPerRun / clipsPerGroup;
  const count = batch.clips / clipsPerRun;
  const isWhole = [clipsPerGroup, groups, count].every((number) => Number.isInteger(number) && number > 0);
  return isWhole && lanes >= 1 && lanes <= Math.min(mostLanes, count)
    ? inMicroBatches(batch, groups, { cores, lanes }, recomputes)
    : null;
}

/** What log, metrics.jsonl and the run's folder say of a step's micro-batches. */
export function recordOf(
  { clips, groups, frames, cropSize }: StepShape,
  { clips: clipsPerRun, lanes, recomputes }: MicroBatches,
): MicroBatchRecord {
  return { clips, groups, frames, cropSize, clipsPerRun, lanes, recomputes };
}

/** Tells shapes apart. */
export function keyOf({ clips, groups, spanningClips, frames, cropSize }: StepShape): string {
  const span = spanningClips === undefined ? '' : `of${spanningClips}`;
  return `${clips}/${groups}${span}/${frames}x${cropSize}`;
}

/** The batch in micro-batches of `groups` of its groups, which divide them, on at most so many lanes. */
function inMicroBatches(
  batch: Batch,
  groups: number,
  { cores, lanes: mostLanes }: { readonly cores: number; readonly lanes: number },
  recomputes: boolean,
): MicroBatches {
  const count = batch.groups / groups;
  const lanes = Math.min(mostLanes, count);
  const threadsPerLane = Math.max(1, Math.floor(cores / lanes));
  return { clips: batch.clips / count, groups, count, lanes, threadsPerLane, recomputes };
}

function largestDivisor(of: number, most: number): number {
  let divisor = most;
  while (of % divisor !== 0) {
    divisor -= 1;
  }
  return divisor;
}
