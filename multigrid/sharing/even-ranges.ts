/**
 * Things in a fixed order, shared out to ranks as evenly as whole ones allow: every rank takes one contiguous range, the first
 * `more` ranks one thing more than the others. In: how many things and ranks. Out: the range of a rank, or the rank of a thing.
 * The videos of an evaluation are shared out so as they are, each with all its views; a step's clips by `share.ts`. Pure.
 */

/** Every rank takes `each` things, the first `more` of them one more. */
export interface EvenShares {
  readonly each: number;
  /** Less than there are ranks. */
  readonly more: number;
}

/** Consecutive things, `first` to `first + count - 1`. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/**
 * @param things - whole, 0 or more; with fewer of them than ranks the last ranks take none
 * @param ranks - whole, 1 or more
 */
export function evenShares(things: number, ranks: number): EvenShares {
  return { each: Math.floor(things / ranks), more: things % ranks };
}

/** What one rank takes. Ranks follow each other without gaps, in order. */
export function rangeOf({ each, more }: EvenShares, rank: number): Range {
  return { first: rank * each + Math.min(rank, more), count: each + (rank < more ? 1 : 0) };
}

/** Which rank takes thing number `thing`, from 0. */
export function rankOf({ each, more }: EvenShares, thing: number): number {
  const inLarger = more * (each + 1);
  return thing < inLarger ? Math.floor(thing / (each + 1)) : more + Math.floor((thing - inLarger) / each);
}
