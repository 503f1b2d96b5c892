/**
 * Numbers whose sum shows in which order they were added up. In: a rank and a place, or sums over ranks. Out: the number, or how far
 * the sums are from the exact ones and from those in the order of the ranks. Pure.
 */

/** What a rank has at a place: of very different sizes, so that the order of adding shows. */
export function valueOf(ofRank: number, index: number): number {
  let mixed = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(ofRank + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  return Math.fround((mixed / 2 ** 31) * (1 + ((mixed >>> 3) % 97) * ((mixed >>> 7) % 31)));
}

export interface SumsCompared {
  /** Largest distance from the sum in double precision, of the sum of magnitudes. */
  readonly error: number;
  /** Numbers that are not the sums in the order of the ranks. */
  readonly outOfOrder: number;
}

export function compareSums(sums: Float32Array, ranks: number): SumsCompared {
  let [error, outOfOrder] = [0, 0];
  for (let index = 0; index < sums.length; index += 1) {
    let [inOrder, exact, magnitude] = [valueOf(0, index), 0, 0];
    for (let rank = 0; rank < ranks; rank += 1) {
      const value = valueOf(rank, index);
      inOrder = rank === 0 ? value : Math.fround(inOrder + value);
      exact += value;
      magnitude += Math.abs(value);
    }
    outOfOrder += inOrder === sums[index] ? 0 : 1;
    error = Math.max(error, Math.abs(sums[index]! - exact) / (magnitude || 1));
  }
  return { error, outOfOrder };
}
