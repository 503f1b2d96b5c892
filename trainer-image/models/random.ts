/**
 * Seeded randomness for first weights. In: a seed and a name. Out: a stream of normal numbers that is the same on every
 * machine and does not depend on any other stream: adding a layer changes no other layer's weights.
 */

const TWO_TO_32 = 2 ** 32;

/** Uniform 32-bit integers: mulberry32, one small state, good enough to draw weights from. */
function uniformIntegers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** FNV-1a over the seed and the characters of a name. */
function streamSeed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** Numbers of mean 0 and deviation 1 (Box-Muller), a stream of their own for every (seed, name). */
export function normalNumbers(seed: number, name: string): () => number {
  const next = uniformIntegers(streamSeed(seed, name));
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // In (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / TWO_TO_32));
    const angle = (2 * Math.PI * next()) / TWO_TO_32;
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
