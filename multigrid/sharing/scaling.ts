/**
 * What a plan costs on a number of workers: bytes that a step has to sum up, seconds, and how much of the workers' time is
 * training. In: a plan, the workers, the size of the network, and what is known of the machines. Out: the same for every phase and
 * for the whole plan. Assumed: work follows frame-pixels, workers are equally fast, gradients go round a ring once they are all
 * there, and every exchange of statistics costs its latency. Pure.
 */
import { phaseIterations } from '../directive.ts';
import type { Phase, Plan } from '../plan/types.ts';
import { idlePart, phaseSharing, type PhaseSharing } from './phase-sharing.ts';
import type { WorkerSet } from './share.ts';

export interface NetworkSize {
  /** Numbers that are trained. */
  readonly parameters: number;
  readonly batchNorms: number;
  /** Channels of all batch norms together. */
  readonly channels: number;
}

export interface Machines {
  /** Of the slowest link between two workers; null: not known. */
  readonly linkBytesPerSecond: number | null;
  /** Training clips of the full shape that one worker takes in a second; null: not known. */
  readonly clipsPerSecond: number | null;
}

/** Of one worker in one step. */
export interface AllReduced {
  readonly gradientBytes: number;
  /** Batch statistics, forward and backward, of the groups that it shares with others. */
  readonly statisticsBytes: number;
  /** Exchanges of statistics, each waiting for the slowest of its group. */
  readonly statisticsExchanges: number;
}

export interface PhaseScaling extends Omit<PhaseSharing, 'work'> {
  /** Null: the network is not known. */
  readonly allReduced: AllReduced | null;
  /** A mean step of the phase, of the worker with the largest share. */
  readonly seconds: { readonly compute: number | null; readonly link: number | null };
  /** One worker's time over that of all workers together, 0 to 1; null: not known. */
  readonly efficiency: number | null;
}

export interface PlanScaling {
  readonly workers: number;
  readonly idle: number;
  readonly efficiency: number | null;
  readonly phases: readonly PhaseScaling[];
}

export interface ScalingRequest {
  readonly plan: Pick<Plan, 'phases'>;
  readonly full: { readonly frames: number; readonly cropSize: number };
  readonly set: WorkerSet;
  /** Null: not known. */
  readonly network: NetworkSize | null;
  readonly machines: Machines;
}

const FLOAT_BYTES = 4;
/** Mean and variance forward, two means backward. */
const NUMBERS_PER_CHANNEL = 4;
const EXCHANGES_PER_BATCH_NORM = 2;
/** Of a small exchange between processes over TCP; 50 to 250 us were measured (docs/plan-format.md). */
const EXCHANGE_SECONDS = 100e-6;

/** @throws SharingError when a batch has fewer clips than there are workers. */
export function scalingOf(request: ScalingRequest): PlanScaling {
  const { plan, set } = request;
  const phases = plan.phases.map((phase) => scaled(phase, request));
  const work = (part: 'all' | 'largestShare'): number =>
    phases.reduce((sum, { sharing }) => sum + sharing.work[part], 0);
  const seconds = (part: 'alone' | 'together'): number | null =>
    phases.reduce<number | null>((sum, one) => added(sum, one[part]), 0);
  return {
    workers: set.workers,
    idle: idlePart(work('all'), set.workers * work('largestShare')),
    efficiency: efficiency(seconds('alone'), seconds('together'), set.workers),
    phases: phases.map(({ scaling }) => scaling),
  };
}

/** A phase, and the seconds of all its steps on one worker and on all together. */
interface Scaled {
  readonly sharing: PhaseSharing;
  readonly scaling: PhaseScaling;
  readonly alone: number | null;
  readonly together: number | null;
}

function scaled(phase: Phase, { full, set, network, machines }: ScalingRequest): Scaled {
  const sharing = phaseSharing(phase, set);
  const { work, ...told } = sharing;
  const { clipsPerSecond } = machines;
  const steps = phaseIterations(phase);
  const speed = clipsPerSecond === null ? null : clipsPerSecond * full.frames * full.cropSize ** 2;
  const alone = speed === null ? null : work.all / speed;
  const compute = speed === null || steps === 0 ? null : work.largestShare / speed / steps;
  const allReduced = network === null ? null : allReducedBy(sharing, network, set.workers);
  const link = linkSeconds(sharing, allReduced, set.workers, machines.linkBytesPerSecond);
  const step = added(compute, link);
  const together = step === null ? null : step * steps;
  const scaling = {
    ...told,
    allReduced,
    seconds: { compute, link },
    efficiency: efficiency(alone, together, set.workers),
  };
  return { sharing, scaling, alone, together };
}

function allReducedBy({ sharedGroups }: PhaseSharing, network: NetworkSize, workers: number): AllReduced {
  const isAlone = workers === 1;
  return {
    gradientBytes: isAlone ? 0 : network.parameters * FLOAT_BYTES,
    statisticsBytes: sharedGroups * network.channels * NUMBERS_PER_CHANNEL * FLOAT_BYTES,
    statisticsExchanges: sharedGroups === 0 ? 0 : network.batchNorms * EXCHANGES_PER_BATCH_NORM,
  };
}

function linkSeconds(
  { workersPerGroup }: PhaseSharing,
  allReduced: AllReduced | null,
  workers: number,
  bytesPerSecond: number | null,
): number | null {
  if (workers === 1) {
    return 0;
  }
  if (allReduced === null || bytesPerSecond === null) {
    return null;
  }
  const { gradientBytes, statisticsBytes, statisticsExchanges } = allReduced;
  // Every worker of a group gets the statistics of each other one.
  const bytes = ringBytes(gradientBytes, workers) + (workersPerGroup - 1) * statisticsBytes;
  return bytes / bytesPerSecond + statisticsExchanges * EXCHANGE_SECONDS;
}

/** What crosses a worker's link when so many bytes are summed up around a ring. */
export function ringBytes(bytes: number, workers: number): number {
  return (2 * (workers - 1) * bytes) / workers;
}

function efficiency(alone: number | null, together: number | null, workers: number): number | null {
  return alone === null || together === null || together === 0 ? null : alone / (workers * together);
}

function added(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}
