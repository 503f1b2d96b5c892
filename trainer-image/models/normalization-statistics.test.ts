/**
 * Statistics outside the graph against the reference's numbers. The reference views its batch as `[N / k, k * C, ...]`, so
 * its clip i belongs to split i mod k; ours keeps the clips of a group together, clip i in group floor(i / (N / k)), so
 * that a group is one run of memory and one micro-batch. The groups are the same sets once the clips are reordered, which
 * these tests do.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { vectorsOf } from '../../test/support/vectors.ts';
import {
  aggregateGroups,
  initialStatistics,
  PreciseEstimate,
  regroup,
  updateRunning,
} from './normalization-statistics.ts';
import type { BatchMoments } from './normalization-statistics.ts';

/** Moments of every group of a batch `[N, C, ...]` whose groups are interleaved as in the reference. */
function momentsOf(x: readonly number[], shape: readonly number[], splits: number): BatchMoments {
  const [clips, channels] = [shape[0]!, shape[1]!];
  const size = x.length / (clips * channels);
  const mean = new Float32Array(splits * channels);
  const variance = new Float32Array(splits * channels);
  for (let split = 0; split < splits; split += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const values = Array.from({ length: clips }, (_, clip) => clip)
        .filter((clip) => clip % splits === split)
        .flatMap((clip) =>
          x.slice((clip * channels + channel) * size, (clip * channels + channel + 1) * size),
        );
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      mean[split * channels + channel] = average;
      variance[split * channels + channel] =
        values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    }
  }
  return { mean, variance, valuesPerGroup: (clips * size) / splits };
}

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(Math.abs(actual[index]! - value)).toBeLessThan(1e-5);
  });
}

interface SubBatchNormCase {
  readonly num_splits: number;
  readonly shape: readonly number[];
  readonly momentum: number;
  readonly train_steps: readonly {
    readonly x: readonly number[];
    readonly split_running_mean: readonly number[];
    readonly split_running_var: readonly number[];
  }[];
  readonly aggregated_mean: readonly number[];
  readonly aggregated_var: readonly number[];
}

test.each(vectorsOf('sub_batchnorm') as readonly SubBatchNormCase[])(
  'running statistics of $num_splits splits move and aggregate as the reference ones',
  (vector) => {
    const running = initialStatistics(vector.num_splits, vector.shape[1]!);
    for (const step of vector.train_steps) {
      updateRunning(running, momentsOf(step.x, vector.shape, vector.num_splits), vector.momentum);
      expectClose(running.mean, step.split_running_mean);
      expectClose(running.variance, step.split_running_var);
    }
    const { mean, variance } = aggregateGroups(running);
    expectClose(mean, vector.aggregated_mean);
    expectClose(variance, vector.aggregated_var);
  },
);

interface PreciseCase {
  readonly num_splits: number;
  readonly shape: readonly number[];
  readonly batches: readonly (readonly number[])[];
  readonly running_mean?: readonly number[];
  readonly running_var?: readonly number[];
  readonly split_running_mean?: readonly number[];
  readonly split_running_var?: readonly number[];
  readonly aggregated_mean?: readonly number[];
  readonly aggregated_var?: readonly number[];
}

test.each(vectorsOf('precise_bn') as readonly PreciseCase[])(
  'precise statistics of $num_splits splits are those of the reference estimator',
  (vector) => {
    const estimate = new PreciseEstimate(vector.num_splits, vector.shape[1]!);
    vector.batches.forEach((batch) => {
      estimate.add(momentsOf(batch, vector.shape, vector.num_splits));
    });
    const perGroup = estimate.perGroup();
    expectClose(perGroup.mean, vector.split_running_mean ?? vector.running_mean ?? []);
    expectClose(perGroup.variance, vector.split_running_var ?? vector.running_var ?? []);
    const population = aggregateGroups(estimate.perGroup());
    expectClose(population.mean, vector.aggregated_mean ?? vector.running_mean ?? []);
    expectClose(population.variance, vector.aggregated_var ?? vector.running_var ?? []);
  },
);

interface ConversionCase {
  readonly from_splits: number;
  readonly to_splits: number;
  readonly saved: Readonly<Record<string, readonly number[]>>;
  readonly loaded: Readonly<Record<string, readonly number[]>>;
}

describe.each(vectorsOf('checkpoint_bn_conversion') as readonly ConversionCase[])(
  'statistics taken from $from_splits to $to_splits splits',
  ({ from_splits: from, to_splits: to, saved, loaded }) => {
    test.each(['bn', 'a_bn'])('of %s are the aggregate, given to every split', (layer) => {
      const mean = Float32Array.from(saved[`${layer}.running_mean`]!);
      const variance = Float32Array.from(saved[`${layer}.running_var`]!);
      const before = regroup({ groups: 1, channels: mean.length, mean, variance }, from);
      const after = regroup(before, to);
      const key = to === 1 ? layer : `${layer}.split_bn`;
      expectClose(after.mean, loaded[`${key}.running_mean`]!);
      expectClose(after.variance, loaded[`${key}.running_var`]!);
    });
  },
);

describe('aggregated statistics', () => {
  const values = fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 12, maxLength: 12 });

  test('of groups of one size are those of all their values together', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(1, 2, 3, 4, 6), (x, groups) => {
        const split = momentsOf(x, [12, 1, 1], groups);
        const whole = momentsOf(x, [12, 1, 1], 1);
        const { mean, variance } = aggregateGroups({ groups, channels: 1, ...split });
        expect(mean[0]).toBeCloseTo(whole.mean[0]!, 4);
        expect(variance[0]).toBeCloseTo(whole.variance[0]!, 3);
      }),
    );
  });

  test('do not change when they are regrouped', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 8 }), (x, groups) => {
        const before = {
          groups: 3,
          channels: 2,
          mean: Float32Array.from(x.slice(0, 6)),
          variance: Float32Array.from(x.slice(6), Math.abs),
        };
        const first = aggregateGroups(before);
        const second = aggregateGroups(regroup(before, groups));
        first.mean.forEach((value, channel) => {
          expect(second.mean[channel]).toBeCloseTo(value, 4);
          expect(second.variance[channel]).toBeCloseTo(first.variance[channel]!, 4);
        });
      }),
    );
  });
});

test('a precise estimate over batches of different sizes is that of all their values', () => {
  const x = Array.from({ length: 24 }, (_, index) => Math.sin(index) * 3 + index / 5);
  const estimate = new PreciseEstimate(1, 1);
  [x.slice(0, 4), x.slice(4, 16), x.slice(16)].forEach((part) => {
    estimate.add(momentsOf(part, [part.length, 1, 1], 1));
  });
  const whole = momentsOf(x, [24, 1, 1], 1);
  expectClose(aggregateGroups(estimate.perGroup()).mean, [...whole.mean]);
  expectClose(aggregateGroups(estimate.perGroup()).variance, [...whole.variance]);
});

test('a batch with one value per channel moves the mean and leaves the variance alone', () => {
  const running = initialStatistics(1, 1);
  updateRunning(running, { mean: Float32Array.of(5), variance: Float32Array.of(0), valuesPerGroup: 1 }, 0.1);
  expectClose(running.mean, [0.5]);
  expectClose(running.variance, [1]);
});

test('statistics of another number of groups are refused', () => {
  const running = initialStatistics(2, 3);
  const batch = { mean: new Float32Array(3), variance: new Float32Array(3), valuesPerGroup: 4 };
  expect(() => {
    updateRunning(running, batch, 0.1);
  }).toThrow(RangeError);
  expect(() => {
    new PreciseEstimate(2, 3).add(batch);
  }).toThrow('the layer keeps 6');
});
