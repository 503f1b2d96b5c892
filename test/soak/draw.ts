/**
 * What a soak does to a run, drawn from a seed: which fault strikes, after which iteration, and how long after it. In come
 * the seed and the number of a series, out come its rounds. The same numbers give the same rounds on every machine; at which
 * microsecond a fault meets the run is the machine's. Pure.
 */

/** One interruption. */
export interface Round {
  /** From 1, in the order of the series. */
  readonly number: number;
  readonly fault: string;
  /** Iterations that are done when it strikes; all of them: while the run is tested and its model is written. */
  readonly iteration: number;
  /** How long after that it strikes, milliseconds. */
  readonly delayMs: number;
}

export interface SeriesSize {
  readonly rounds: number;
  /** Iterations of the whole run. */
  readonly iterations: number;
}

const LONGEST_DELAY_MS = 700;

/** The rounds of one series, by growing iteration. Every fault comes once before any comes again. */
export function drawSeries(
  seed: number,
  series: number,
  faults: readonly string[],
  { rounds, iterations }: SeriesSize,
): readonly Round[] {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(series + 1, 0x85ebca6b));
  const places = Array.from({ length: rounds }, () => 1 + Math.floor(random() * iterations)).sort(
    (a, b) => a - b,
  );
  const offset = series * rounds;
  return places.map((iteration, index) => ({
    number: index + 1,
    fault: faultAt(seed, faults, offset + index),
    iteration,
    delayMs: Math.floor(random() * LONGEST_DELAY_MS),
  }));
}

/** The n-th fault of the seed over all series: one shuffled deck after the other. */
function faultAt(seed: number, faults: readonly string[], index: number): string {
  const deck = Math.floor(index / faults.length);
  const random = randomFrom(Math.imul(seed, 0xc2b2ae35) ^ Math.imul(deck + 1, 0x27d4eb2f));
  const shuffled = [...faults];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled[index % faults.length]!;
}

/** Mulberry32: numbers in [0, 1) from one word. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
