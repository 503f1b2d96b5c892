/**
 * The order in which an epoch visits the videos: a seeded permutation, the same on every worker. Worker r of N takes
 * places r, r + N, ... of every iteration's slice, so the clips of a step do not depend on the number of workers.
 */
import { uniformDraws } from './draws.ts';

/**
 * All samples 0..count-1 in the order of one epoch (Fisher-Yates).
 *
 * @throws RangeError when `count`, `seed` or `epoch` is no non-negative integer.
 */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  const draws = uniformDraws({ purpose: 'order', seed, epoch, sample: 0, view: 0, attempt: 0 }, count);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(draws[last]! * (last + 1));
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}
