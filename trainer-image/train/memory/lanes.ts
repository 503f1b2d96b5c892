/**
 * How one step's clips are spread over the machine: micro-batches of whole batch-norm groups, run by lanes at the same
 * time. Because groups are independent, any split into whole groups gives the numbers of the full batch. Pure;
 * `step.ts` builds its bindings from the answer.
 */

export interface LaneLayout {
  /** Clips of one run of the step graph. */
  readonly clipsPerRun: number;
  /** Batch-norm groups of one run. */
  readonly groupsPerRun: number;
  /** Runs that make up the step; run r is done by lane r mod lanes, in ascending order. */
  readonly runs: number;
  /** Runs in flight at once. */
  readonly lanes: number;
  readonly threadsPerRun: number;
}

export interface LaneLimits {
  /** Cores to use, at least 1. */
  readonly cores: number;
  /** Most runs in flight at once; as many as cores when left out. */
  readonly lanes?: number;
  /** Most clips of one run; 0: no limit. Never cuts a group. */
  readonly microBatch: number;
}

/** A batch that cannot be cut into whole groups. */
export class GroupSizeError extends Error {
  override readonly name = 'GroupSizeError';
}

/**
 * The layout that keeps every core busy: one run per core while there are groups enough, else fewer runs with more
 * threads each (measured in docs/benchmarks.md).
 *
 * @param clips - clips of the step on this worker.
 * @param groups - batch-norm groups among them.
 * @throws GroupSizeError when `clips` is no multiple of `groups`.
 */
export function layOutLanes(
  { clips, groups }: { readonly clips: number; readonly groups: number },
  { cores, lanes: mostLanes = cores, microBatch }: LaneLimits,
): LaneLayout {
  if (clips < 1 || clips % groups !== 0) {
    throw new GroupSizeError(
      `${clips} clips cannot be cut into ${groups} batch-norm groups of equal size; the nearest batches that can are ` +
        `${Math.max(1, Math.floor(clips / groups)) * groups} and ${(Math.floor(clips / groups) + 1) * groups}`,
    );
  }
  const clipsPerGroup = clips / groups;
  const fits = (groupsPerRun: number): boolean =>
    groups % groupsPerRun === 0 && (microBatch === 0 || groupsPerRun * clipsPerGroup <= microBatch);
  const target = Math.max(1, Math.floor(groups / mostLanes));
  let groupsPerRun = target;
  while (groupsPerRun > 1 && !fits(groupsPerRun)) {
    groupsPerRun -= 1;
  }
  return layoutOf({ groups, groupsPerRun, clipsPerGroup }, mostLanes, cores);
}

/** The layout in which every run takes `groupsPerRun` of the groups, which divide them. */
export function layoutOf(
  {
    groups,
    groupsPerRun,
    clipsPerGroup,
  }: { readonly groups: number; readonly groupsPerRun: number; readonly clipsPerGroup: number },
  mostLanes: number,
  cores: number,
): LaneLayout {
  const runs = groups / groupsPerRun;
  const lanes = Math.min(mostLanes, runs);
  return {
    clipsPerRun: groupsPerRun * clipsPerGroup,
    groupsPerRun,
    runs,
    lanes,
    threadsPerRun: Math.max(1, Math.floor(cores / lanes)),
  };
}
