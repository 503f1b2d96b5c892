/**
 * How the steps of a phase are shared out, in short: for people, and for what it costs. In: a phase and a number of workers. Out:
 * the runs of ranks with equal shares, how far groups span workers, and the time that ranks with less work wait for those with
 * more. Work is counted in frame-pixels, which compute follows. Pure.
 */
import { groupsOf } from '../plan/groups.ts';
import { iterationsByShape } from '../plan/short-cycle.ts';
import type { Phase } from '../plan/types.ts';
import { type GroupedBatch, ranksOfGroup, type Sharing, sharingOf, type WorkerSet } from './share.ts';

/** Ranks `first` to `last`, each with so many clips of a step of the long-cycle shape. */
export interface EqualShares {
  readonly first: number;
  readonly last: number;
  readonly clips: number;
}

export interface PhaseSharing extends Pick<Sharing, 'unit'> {
  /** Index of the phase. */
  readonly phase: number;
  readonly globalBatch: number;
  readonly groups: number;
  /** One or two runs. */
  readonly shares: readonly EqualShares[];
  /** Most workers that have clips of one group; 1: no group spans workers. */
  readonly workersPerGroup: number;
  /** Most groups that one worker shares with others: 0, 1 or 2. */
  readonly sharedGroups: number;
  /** Part of the workers' time in which they have nothing to compute, 0 to below 1. */
  readonly idle: number;
  /** Of all steps of the phase: frame-pixels in all, and those of the largest share. */
  readonly work: { readonly all: number; readonly largestShare: number };
}

/** @throws SharingError when there are more workers than clips. */
export function phaseSharing(phase: Phase, { workers, acrossWorkers }: WorkerSet): PhaseSharing {
  const groups = groupsOf(phase);
  const batch = { clips: phase.globalBatch, groups };
  const { unit, each, more } = sharingOf(batch, workers);
  const size = unit === 'Group' ? batch.clips / groups : 1;
  const runs = [
    { first: 0, last: more - 1, clips: (each + 1) * size },
    { first: more, last: workers - 1, clips: each * size },
  ];
  const spans = unit === 'Clip' && acrossWorkers === 'Synchronize';
  const work = workOf(phase, workers);
  return {
    phase: phase.index,
    globalBatch: batch.clips,
    groups,
    unit,
    shares: runs.filter(({ first, last }) => last >= first),
    ...(spans ? span(batch, { each, more }) : { workersPerGroup: 1, sharedGroups: 0 }),
    idle: idlePart(work.all, workers * work.largestShare),
    work,
  };
}

/** The part of `room` that `work` leaves empty, 0 to below 1; sums of large numbers may round it below 0. */
export function idlePart(work: number, room: number): number {
  return room === 0 ? 0 : Math.max(0, 1 - work / room);
}

function span(
  { clips, groups }: GroupedBatch,
  shares: Pick<Sharing, 'each' | 'more'>,
): Pick<PhaseSharing, 'workersPerGroup' | 'sharedGroups'> {
  const ranks = Array.from({ length: groups }, (_, group) => ranksOfGroup(group, clips / groups, shares));
  const isBetween = ranks.some(({ first }, group) => {
    const before = ranks[group - 1];
    return before !== undefined && before.first + before.count > first;
  });
  return { workersPerGroup: Math.max(...ranks.map(({ count }) => count)), sharedGroups: isBetween ? 2 : 1 };
}

function workOf(phase: Phase, workers: number): PhaseSharing['work'] {
  const groups = groupsOf(phase);
  const times = iterationsByShape(phase);
  const epochs = phase.endEpoch - phase.startEpoch;
  let all = 0;
  let largestShare = 0;
  for (const [index, { globalBatch: clips, cropSize }] of phase.shortCycle.entries()) {
    const { unit, each, more } = sharingOf({ clips, groups }, workers);
    const largest = (each + (more > 0 ? 1 : 0)) * (unit === 'Group' ? clips / groups : 1);
    const clipWork = epochs * (times[index] ?? 0) * phase.frames * cropSize ** 2;
    all += clips * clipWork;
    largestShare += largest * clipWork;
  }
  return { all, largestShare };
}
