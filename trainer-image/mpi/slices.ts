/**
 * Who adds up which part of a block. In: a length and the number of ranks. Out: chunks that are worked on one after the other,
 * and in each a slice for every rank, as even as can be. Pure; the order of adding is `collectives.ts`.
 */
import { evenShares, rangeOf } from '../../multigrid/sharing/even-ranges.ts';

export interface Slice {
  readonly start: number;
  readonly length: number;
}

/** Numbers of a chunk: what is received of it (16 MiB) still lies in the last cache of a server when it is added. */
export const CHUNK = 2 ** 22;

/** The chunks of a block, in order; none of an empty one. */
export function chunksOf(length: number, chunk: number = CHUNK): readonly Slice[] {
  return Array.from({ length: Math.ceil(length / chunk) }, (_, index) => ({
    start: index * chunk,
    length: Math.min(chunk, length - index * chunk),
  }));
}

/** The part of a chunk that this rank adds up. */
export function sliceOf({ start, length }: Slice, rank: number, size: number): Slice {
  const { first, count } = rangeOf(evenShares(length, size), rank);
  return { start: start + first, length: count };
}

/** The longest slice that any chunk has. */
export function longestSlice(size: number, chunk: number = CHUNK): number {
  return Math.ceil(chunk / size);
}
