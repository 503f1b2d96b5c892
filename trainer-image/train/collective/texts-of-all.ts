/**
 * A text of every worker, told to all. In: this worker's, some thousand characters at most. Out: those of all, by rank, the same on
 * every worker.
 */
import type { Collective } from './collective.ts';

export async function textsOfAll(
  collective: Pick<Collective, 'rank' | 'size' | 'sum'>,
  text: string,
): Promise<readonly string[]> {
  const { rank, size } = collective;
  const own = new TextEncoder().encode(text);
  const lengths = new Float64Array(size);
  lengths[rank] = own.length;
  await collective.sum(lengths);
  // Each worker's bytes at their own place, zeros of all others: the sum is all of them.
  const bytes = new Float64Array(lengths.reduce((sum, length) => sum + length, 0));
  bytes.set(own, startOf(lengths, rank));
  await collective.sum(bytes);
  const decoder = new TextDecoder();
  return Array.from(lengths, (length, of) => {
    const start = startOf(lengths, of);
    return decoder.decode(Uint8Array.from(bytes.subarray(start, start + length)));
  });
}

function startOf(lengths: Float64Array, rank: number): number {
  return lengths.subarray(0, rank).reduce((sum, length) => sum + length, 0);
}
