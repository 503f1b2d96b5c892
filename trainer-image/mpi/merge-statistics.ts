/**
 * Statistics of parts of a batch-norm group, made into those of the group, in double precision and in the order given. In: two
 * numbers for each channel of every part, and the part's weight. Out: two numbers for each channel. Pure.
 */

/** What the two numbers are: mean and biased variance, or two means. */
export type StatisticsKind = 'moments' | 'means';

/** Two numbers for each channel in an array: channel c at `first + c * stride` and `second + c * stride`. */
export interface StatisticsPlace {
  readonly numbers: Float32Array;
  readonly first: number;
  readonly second: number;
  readonly stride: number;
}

export interface StatisticsPart extends StatisticsPlace {
  /** Of moments: the part's values over those of the group. */
  readonly weight: number;
}

/** Variances are merged by their distances from the common mean (Chan's formula): no digits are lost to large means. */
export function mergeStatistics(
  kind: StatisticsKind,
  parts: readonly StatisticsPart[],
  channels: number,
  into: StatisticsPlace,
): void {
  for (let channel = 0; channel < channels; channel += 1) {
    let first = 0;
    let second = 0;
    for (const part of parts) {
      first += part.weight * part.numbers[part.first + channel * part.stride]!;
      second += part.weight * part.numbers[part.second + channel * part.stride]!;
    }
    if (kind === 'moments') {
      for (const part of parts) {
        second += part.weight * (part.numbers[part.first + channel * part.stride]! - first) ** 2;
      }
    }
    into.numbers[into.first + channel * into.stride] = first;
    into.numbers[into.second + channel * into.stride] = second;
  }
}
