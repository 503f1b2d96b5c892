/**
 * Random numbers of the data room: every one is a pure function of what it is for. A draw is named by its purpose, seed,
 * epoch, sample, view and attempt; no order of calls, no worker count and no resume changes it. The sampler and the
 * epoch order take their numbers here.
 */
import { philox } from './philox.ts';

/** Separates draws that would otherwise share a counter. */
const PURPOSES = { clip: 0, order: 1, substitute: 2 } as const;

export interface DrawName {
  readonly purpose: keyof typeof PURPOSES;
  /** Non-negative safe integer. */
  readonly seed: number;
  readonly epoch: number;
  readonly sample: number;
  /** Below 65536. */
  readonly view: number;
  /** Below 65536. */
  readonly attempt: number;
}

const WORD = 2 ** 32;

/**
 * The first `count` numbers of a draw, uniform in [0, 1) with 32 bits each.
 *
 * @throws RangeError when a part of the name is no non-negative integer or too large.
 */
export function uniformDraws(name: DrawName, count: number): Float64Array {
  const { seed, epoch, sample, view, attempt } = name;
  requireCounter('seed', seed, Number.MAX_SAFE_INTEGER);
  requireCounter('epoch', epoch, WORD - 1);
  requireCounter('sample', sample, WORD - 1);
  requireCounter('view', view, 0xffff);
  requireCounter('attempt', attempt, 0xffff);
  const key = [seed >>> 0, Math.floor(seed / WORD)] as const;
  const viewAndAttempt = ((attempt << 16) | view) >>> 0;
  const purpose = PURPOSES[name.purpose] << 28;
  const draws = new Float64Array(count);
  for (let first = 0; first < count; first += 4) {
    const words = philox([epoch, sample, viewAndAttempt, (purpose | (first / 4)) >>> 0], key);
    for (let lane = 0; lane < Math.min(4, count - first); lane += 1) {
      draws[first + lane] = words[lane]! / WORD;
    }
  }
  return draws;
}

function requireCounter(part: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 0 || value > largest) {
    throw new RangeError(`the ${part} of a random draw must be an integer in 0..${largest}, got ${value}`);
  }
}
