/**
 * Batch-norm groups: statistics are taken over groups of a fixed number of clips, counted at the long-cycle shape. A
 * worker's batch holds several groups (split), one (plain), or a part of one, which then spans workers (sync). Under the
 * short cycle the number of groups stays and the groups grow with the batch.
 */
import type { Normalization } from './types.ts';

const PLAIN: Normalization = { kind: 'plain', groups: 1 };

/**
 * How a worker with `batchPerWorker` clips at the long-cycle shape takes its statistics.
 *
 * @param groupSize clips of a group; null: all clips of a worker
 * @param acrossWorkers whether a group may span workers; `Never` makes the worker's own clips the group
 */
export function normalizationOf(
  batchPerWorker: number,
  groupSize: number | null,
  acrossWorkers: 'Synchronize' | 'Never',
): Normalization {
  if (groupSize === null || batchPerWorker === groupSize || batchPerWorker === 0) {
    return PLAIN;
  }
  if (batchPerWorker > groupSize) {
    return { kind: 'split', groups: Math.floor(batchPerWorker / groupSize) };
  }
  return acrossWorkers === 'Never' ? PLAIN : { kind: 'sync', groups: Math.floor(groupSize / batchPerWorker) };
}
