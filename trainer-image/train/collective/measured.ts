/**
 * What workers measured in a step, on its way through the sum of their gradients. In: one worker's numbers. Out: a tail for its
 * block, and from the tail of the sum the numbers of every worker. Each writes a row of its own and leaves the others 0, so adding
 * changes nothing, in whatever order; two float32 carry each number: losses to 48 bits, whole numbers up to 2^48 exactly. Pure.
 */
import type { Worker } from './step-share.ts';

/** One worker's part of a step. */
export interface Measured {
  /** Its part of the mean loss over the batch: the mean over its clips by its weight. */
  readonly lossPart: number;
  /** Of its clips, those of whose classes one got the highest logit. */
  readonly correct: number;
  /** Whether its loss, gradients and batch statistics are finite. */
  readonly isFinite: boolean;
  /** Whether it has been asked to stop. */
  readonly isStopAsked: boolean;
  /** Bad clips that it has replaced since it was started. */
  readonly badClips: number;
  /** How long it waited for its clips. */
  readonly dataWaitMs: number;
  /** How long its runs of the graph took. */
  readonly computeMs: number;
}

const NUMBERS = 7;
const FLOATS = 2 * NUMBERS;

/** Float32 numbers behind the gradients; one worker has nobody to tell. */
export function tailLength(workers: number): number {
  return workers === 1 ? 0 : workers * FLOATS;
}

/** The tail of one worker's block, float32 `[workers * numbers * 2]`. */
export function tailOf(own: Measured, { rank, workers }: Pick<Worker, 'rank' | 'workers'>): Float32Array {
  const tail = new Float32Array(tailLength(workers));
  const { lossPart, correct, isFinite, isStopAsked, badClips, dataWaitMs, computeMs } = own;
  const numbers = [lossPart, correct, Number(isFinite), Number(isStopAsked), badClips, dataWaitMs, computeMs];
  tail.set(numbers.flatMap(split), rank * FLOATS);
  return tail;
}

/** By rank, from the sum of all tails. */
export function measuredIn(tail: Float32Array): readonly Measured[] {
  return Array.from({ length: tail.length / FLOATS }, (_, rank) => {
    const row = tail.subarray(rank * FLOATS, (rank + 1) * FLOATS);
    const at = (number: number): number => row[2 * number]! + row[2 * number + 1]!;
    return {
      lossPart: at(0),
      correct: at(1),
      isFinite: at(2) === 1,
      isStopAsked: at(3) === 1,
      badClips: at(4),
      dataWaitMs: at(5),
      computeMs: at(6),
    };
  });
}

/** A number as the sum of two float32. */
function split(number: number): readonly [number, number] {
  const high = Math.fround(number);
  return [high, Number.isFinite(high) ? Math.fround(number - high) : 0];
}
