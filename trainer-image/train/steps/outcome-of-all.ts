/**
 * A step of all workers: gradients and what was measured, added up in one go. In: one worker's part. Out: the mean gradients in
 * the store and the outcome of the whole batch: the same on every worker, so that all of them apply a step or none does. Batch
 * statistics stay with the worker that has the group.
 */
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { Collective } from '../collective/collective.ts';
import { type Measured, measuredIn, tailOf } from '../collective/measured.ts';

export interface OutcomeOfAll {
  /** Mean over all clips of the step. */
  readonly loss: number;
  readonly correct: number;
  readonly isFinite: boolean;
  /** Whether any worker has been asked to stop. */
  readonly isStopAsked: boolean;
  readonly badClips: number;
  /** By rank. */
  readonly workers: readonly Measured[];
}

export interface StepSum {
  readonly store: Pick<ParameterStore, 'gradientBlock' | 'tail'>;
  readonly collective: Pick<Collective, 'rank' | 'size' | 'sumGradients'>;
}

/** The worker's gradient sets, and what makes of their sum its part of the mean over the batch. */
export interface GradientPart {
  readonly lanes: number;
  readonly scale: number;
}

export async function outcomeOfAll(
  { store, collective }: StepSum,
  { lanes, scale }: GradientPart,
  own: Measured,
): Promise<OutcomeOfAll> {
  const block = await store.gradientBlock(lanes, scale);
  const { rank, size: workers } = collective;
  await store.tail?.write(tailOf(own, { rank, workers }));
  await collective.sumGradients(block);
  return outcomeOf(store.tail === null ? [own] : measuredIn(await store.tail.read()));
}

/** Added up in the order of the ranks. */
export function outcomeOf(workers: readonly Measured[]): OutcomeOfAll {
  const sum = (numberOf: (worker: Measured) => number): number =>
    workers.reduce((total, worker) => total + numberOf(worker), 0);
  return {
    loss: sum(({ lossPart }) => lossPart),
    correct: sum(({ correct }) => correct),
    isFinite: workers.every((worker) => worker.isFinite),
    isStopAsked: workers.some((worker) => worker.isStopAsked),
    badClips: sum(({ badClips }) => badClips),
    workers,
  };
}
