/**
 * What the ranks of `norm-across.bench.ts` measure. In: their lines. Out: how much longer a step takes with statistics of groups
 * that span ranks than with those of own clips. Pure.
 */
import { median, type StepTime } from '../engine/side.ts';

/** Two steps, one after the other. */
export interface Pair {
  /** Statistics of own clips. Processor time of all threads, those included that wait for other ranks. */
  readonly plain: StepTime;
  /** Statistics of a group of all ranks. */
  readonly across: StepTime;
}

export interface RankTimes {
  readonly exchanges: number;
  readonly pairs: readonly Pair[];
}

export function timesIn(value: unknown): RankTimes {
  if (typeof value !== 'object' || value === null || !('pairs' in value) || !('exchanges' in value)) {
    throw new Error(`these are no times: ${JSON.stringify(value)}`);
  }
  return value as RankTimes;
}

export interface Summary {
  /** Of pairs: a step across over a plain one; medians, and of processor time. */
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly plainMs: number;
  readonly acrossMs: number;
}

/** The slowest rank is the step. */
export function summaryOf(ranks: readonly RankTimes[]): Summary {
  const slowest = (index: number, side: keyof Pair): number =>
    Math.max(...ranks.map(({ pairs }) => pairs[index]![side].wallMs));
  const cpu = (index: number, side: keyof Pair): number =>
    ranks.reduce((sum, { pairs }) => sum + pairs[index]![side].cpuMs, 0);
  const indices = [...ranks[0]!.pairs.keys()];
  return {
    ratio: median(indices.map((index) => slowest(index, 'across') / slowest(index, 'plain'))),
    cpuRatio: median(indices.map((index) => cpu(index, 'across') / cpu(index, 'plain'))),
    plainMs: median(indices.map((index) => slowest(index, 'plain'))),
    acrossMs: median(indices.map((index) => slowest(index, 'across'))),
  };
}
