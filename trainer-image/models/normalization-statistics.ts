/**
 * Batch-norm statistics outside the graph, all pure arithmetic: running averages per group, their aggregate over groups,
 * the change from one number of groups to another at a phase border, and the precise estimate over many batches. In: the
 * means and biased variances that a training graph puts out. Out: the population statistics that evaluation uses.
 */

/** Added to variances before the square root, in every batch norm (the published networks' value). */
export const BATCH_NORM_EPSILON = 1e-5;

/** Mean and variance per channel, `[channels]`. */
export interface ChannelMoments {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Statistics of one layer, kept separately for every group: `[groups * channels]`, group-major. */
export interface GroupStatistics extends ChannelMoments {
  readonly groups: number;
  readonly channels: number;
}

/** What one step says about one layer: biased variance, `[groups * channels]`, group-major. */
export interface BatchMoments extends ChannelMoments {
  /** Values behind each entry. */
  readonly valuesPerGroup: number;
}

/** What evaluation normalises with: for every batch norm, float32 `[channels]`. */
export interface PopulationStatistics {
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly variances: ReadonlyMap<string, Float32Array>;
}

/** Statistics before the first step: mean 0, variance 1. */
export function initialStatistics(groups: number, channels: number): GroupStatistics {
  return {
    groups,
    channels,
    mean: new Float32Array(groups * channels),
    variance: new Float32Array(groups * channels).fill(1),
  };
}

/**
 * Moves running statistics towards a batch's, in place: running = (1 - momentum) * running + momentum * batch, with the
 * unbiased variance, as PyTorch keeps it. A batch with one value per entry has no unbiased variance and moves the mean
 * alone.
 *
 * @param momentum Weight of the new batch, 0 to 1; 0.1 in the published networks.
 * @throws RangeError when the batch has another number of entries than the running statistics.
 */
export function updateRunning(running: GroupStatistics, batch: BatchMoments, momentum: number): void {
  requireSameLength(running.mean.length, batch);
  const { valuesPerGroup } = batch;
  const unbiased = valuesPerGroup > 1 ? valuesPerGroup / (valuesPerGroup - 1) : 0;
  for (let entry = 0; entry < running.mean.length; entry += 1) {
    running.mean[entry] = (1 - momentum) * running.mean[entry]! + momentum * batch.mean[entry]!;
    if (unbiased > 0) {
      running.variance[entry] =
        (1 - momentum) * running.variance[entry]! + momentum * unbiased * batch.variance[entry]!;
    }
  }
}

/**
 * One mean and variance per channel for all groups together: the average mean, and the average variance plus the
 * variance of the means (method of the reference; exact for groups of one size).
 */
export function aggregateGroups({ groups, channels, mean, variance }: GroupStatistics): ChannelMoments {
  const aggregate = { mean: new Float32Array(channels), variance: new Float32Array(channels) };
  for (let channel = 0; channel < channels; channel += 1) {
    let meanSum = 0;
    let varianceSum = 0;
    for (let group = 0; group < groups; group += 1) {
      meanSum += mean[group * channels + channel]!;
      varianceSum += variance[group * channels + channel]!;
    }
    const overall = meanSum / groups;
    let spread = 0;
    for (let group = 0; group < groups; group += 1) {
      spread += (mean[group * channels + channel]! - overall) ** 2;
    }
    aggregate.mean[channel] = overall;
    aggregate.variance[channel] = (varianceSum + spread) / groups;
  }
  return aggregate;
}

/** By layer: of all groups together. */
export function populationOf(layers: ReadonlyMap<string, GroupStatistics>): PopulationStatistics {
  const aggregated = [...layers].map(([name, layer]) => [name, aggregateGroups(layer)] as const);
  return {
    means: new Map(aggregated.map(([name, { mean }]) => [name, mean])),
    variances: new Map(aggregated.map(([name, { variance }]) => [name, variance])),
  };
}

/**
 * The same statistics for another number of groups: the aggregate, given to every group. What single groups had learned
 * is forgotten at a phase border, as in the reference, because the new groups are other clips.
 */
export function regroup(statistics: GroupStatistics, groups: number): GroupStatistics {
  const { mean, variance } = aggregateGroups(statistics);
  const regrouped = initialStatistics(groups, statistics.channels);
  for (let group = 0; group < groups; group += 1) {
    regrouped.mean.set(mean, group * statistics.channels);
    regrouped.variance.set(variance, group * statistics.channels);
  }
  return regrouped;
}

/**
 * Precise batch norm: the mean and biased variance of each group over all values of many batches, weights fixed.
 * Batches are merged by their sizes in double precision (Chan's formula), so their order and number cost no digits.
 */
export class PreciseEstimate {
  readonly #groups: number;
  readonly #channels: number;
  readonly #mean: Float64Array;
  /** Sum of squared distances from the mean. */
  readonly #squares: Float64Array;
  #values = 0;

  constructor(groups: number, channels: number) {
    this.#groups = groups;
    this.#channels = channels;
    this.#mean = new Float64Array(groups * channels);
    this.#squares = new Float64Array(groups * channels);
  }

  /** @throws RangeError when the batch has another number of entries than the estimate. */
  add(batch: BatchMoments): void {
    requireSameLength(this.#mean.length, batch);
    const total = this.#values + batch.valuesPerGroup;
    const share = batch.valuesPerGroup / total;
    for (let entry = 0; entry < this.#mean.length; entry += 1) {
      const distance = batch.mean[entry]! - this.#mean[entry]!;
      this.#mean[entry] = this.#mean[entry]! + share * distance;
      this.#squares[entry] =
        this.#squares[entry]! +
        batch.valuesPerGroup * batch.variance[entry]! +
        this.#values * share * distance * distance;
    }
    this.#values = total;
  }

  /** The estimate of every group. */
  perGroup(): GroupStatistics {
    return {
      groups: this.#groups,
      channels: this.#channels,
      mean: Float32Array.from(this.#mean),
      variance: Float32Array.from(this.#squares, (squares) => squares / this.#values),
    };
  }
}

function requireSameLength(entries: number, batch: BatchMoments): void {
  if (batch.mean.length !== entries || batch.variance.length !== entries) {
    throw new RangeError(
      `batch statistics have ${batch.mean.length} means and ${batch.variance.length} variances; ` +
        `the layer keeps ${entries} (groups * channels)`,
    );
  }
}
