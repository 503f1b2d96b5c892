/**
 * How a step is cut so that it fits into memory: which groups run together, on how many lanes, and whether blocks are
 * computed twice. In: the shape of a step and the limits of a job. Out: the first cut to try, and after each the next
 * smaller one. Pure; `shape-runner.ts` walks down when memory does not suffice. Every cut gives the same numbers.
 */
import type { RecomputePolicy } from '../settings.ts';
import { type LaneLayout, type LaneLimits, layOutLanes, layoutOf } from './lanes.ts';

/** One iteration's shape on this worker. */
export interface StepShapeRequest {
  readonly clips: number;
  readonly groups: number;
  readonly frames: number;
  readonly cropSize: number;
}

export interface PartitionLimits extends LaneLimits {
  /** Default `Never`. */
  readonly recompute?: RecomputePolicy;
}

export interface Partition {
  readonly layout: LaneLayout;
  /** The graph computes the inner activations of residual blocks again in the backward pass. */
  readonly recomputes: boolean;
}

/** What tells a cut of a step from its other cuts. */
export interface KnownCut {
  readonly clipsPerRun: number;
  readonly lanes: number;
  readonly recomputes: boolean;
}

/** A step that was cut smaller because it did not fit. */
export interface Reduction {
  readonly shape: StepShapeRequest;
  readonly from: Partition;
  readonly to: Partition;
  /** What the engine said. */
  readonly cause: string;
}

/** @throws GroupSizeError when the clips cannot be cut into groups of one size. */
export function firstPartition(
  step: { readonly clips: number; readonly groups: number },
  limits: PartitionLimits,
): Partition {
  return { layout: layOutLanes(step, limits), recomputes: limits.recompute === 'Always' };
}

/**
 * The next cut that takes less memory: half the groups in a run, down to one; then half the lanes, down to one; then
 * blocks computed twice, where that is allowed.
 *
 * @returns null when there is none.
 */
export function smallerPartition(partition: Partition, limits: PartitionLimits): Partition | null {
  const { layout, recomputes } = partition;
  const { cores, lanes = cores } = limits;
  const groupsPerRun = halfOf(layout);
  if (groupsPerRun !== null) {
    return { layout: cut(layout, groupsPerRun, lanes, cores), recomputes };
  }
  if (layout.lanes > 1) {
    return { layout: cut(layout, 1, Math.floor(layout.lanes / 2), cores), recomputes };
  }
  return limits.recompute === 'Auto' && !recomputes
    ? { layout: cut(layout, 1, lanes, cores), recomputes: true }
    : null;
}

/**
 * A cut that was found earlier, from the few numbers that are kept of it.
 *
 * @returns null when the step cannot be cut so on these cores.
 */
export function knownPartition(
  step: { readonly clips: number; readonly groups: number },
  { clipsPerRun, lanes, recomputes }: KnownCut,
  { cores, lanes: mostLanes = cores }: Pick<PartitionLimits, 'cores' | 'lanes'>,
): Partition | null {
  const clipsPerGroup = step.clips / step.groups;
  const groupsPerRun = clipsPerRun / clipsPerGroup;
  const runs = step.clips / clipsPerRun;
  const isWhole = [clipsPerGroup, groupsPerRun, runs].every((count) => Number.isInteger(count) && count > 0);
  if (!isWhole || lanes < 1 || lanes > Math.min(mostLanes, runs)) {
    return null;
  }
  const threadsPerRun = Math.max(1, Math.floor(cores / lanes));
  return { layout: { clipsPerRun, groupsPerRun, runs, lanes, threadsPerRun }, recomputes };
}

/** The most groups of a run, at most half as many as now, that divide the step; null when a run is one group. */
function halfOf({ groupsPerRun, runs }: LaneLayout): number | null {
  if (groupsPerRun === 1) {
    return null;
  }
  const groups = groupsPerRun * runs;
  let half = Math.floor(groupsPerRun / 2);
  while (groups % half !== 0) {
    half -= 1;
  }
  return half;
}

function cut(layout: LaneLayout, groupsPerRun: number, mostLanes: number, cores: number): LaneLayout {
  const clipsPerGroup = layout.clipsPerRun / layout.groupsPerRun;
  const groups = layout.runs * layout.groupsPerRun;
  return layoutOf({ groups, groupsPerRun, clipsPerGroup }, mostLanes, cores);
}
