/**
 * Statistics of batch-norm groups that lie with several workers. In: a layer of which a worker has its own groups. Out: the layer
 * whole, on every worker. Each gives its own groups and zeros for all others, so that the sum over workers is what each has.
 */
import type { Range } from '../../../multigrid/sharing/even-ranges.ts';
import type { BatchMoments, GroupStatistics } from '../../models/normalization-statistics.ts';
import type { Collective } from './collective.ts';

/** The part of a layer that belongs to some of its groups, over the same memory. */
export function ofGroups(
  { channels, mean, variance }: GroupStatistics,
  { first, count }: Range,
): GroupStatistics {
  const part = (all: Float32Array): Float32Array =>
    all.subarray(first * channels, (first + count) * channels);
  return { groups: count, channels, mean: part(mean), variance: part(variance) };
}

/** Statistics of some groups with 0 for all others. */
export function amongAll(
  batch: BatchMoments,
  own: Range,
  { groups, channels }: GroupStatistics,
): BatchMoments {
  const spread = (part: Float32Array): Float32Array => {
    const all = new Float32Array(groups * channels);
    all.set(part, own.first * channels);
    return all;
  };
  return { ...batch, mean: spread(batch.mean), variance: spread(batch.variance) };
}

/** Fills in the groups of the others. */
export async function gatherGroups(
  layer: GroupStatistics,
  own: Range,
  collective: Pick<Collective, 'sum'>,
): Promise<void> {
  const { channels, mean, variance } = layer;
  const part = ofGroups(layer, own);
  const all = new Float64Array(mean.length + variance.length);
  all.set(part.mean, own.first * channels);
  all.set(part.variance, mean.length + own.first * channels);
  await collective.sum(all);
  mean.set(all.subarray(0, mean.length));
  variance.set(all.subarray(mean.length));
}
