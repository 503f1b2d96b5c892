/**
 * The trained numbers that an exported model is made of. In: parameters and population statistics by name. Out: an error where
 * one is missing; a batch norm folded into the convolution before it.
 */
import { elementCount } from '../graph/value.ts';
import type { Network, NetworkValues } from './network.ts';

/** A value that a network needs was not among those handed over for export. */
export class MissingValueError extends Error {
  override readonly name = 'MissingValueError';
}

/** @throws MissingValueError when a parameter or a batch norm's statistics are missing or of another length. */
export function requireValues(
  { parameters, normalizations }: Pick<Network, 'parameters' | 'normalizations'>,
  values: NetworkValues,
): void {
  const missing =
    parameters.find(({ name, dims }) => values.parameters.get(name)?.length !== elementCount(dims)) ??
    normalizations.find(({ name, channels }) =>
      [values.means, values.variances].some((numbers) => numbers.get(name)?.length !== channels),
    );
  if (missing !== undefined) {
    throw new MissingValueError(
      `${missing.name} is not among the values to export; hand over every parameter and batch norm`,
    );
  }
}

type Numbers = ArrayLike<number>;

/** A convolution's numbers: weights `[channels, ...]`, bias `[channels]`. */
export interface Affine {
  readonly weights: Numbers;
  readonly bias: Numbers;
}

/** A batch norm's numbers, each `[channels]`. */
export interface NormalizationValues {
  readonly gamma: Numbers;
  readonly beta: Numbers;
  readonly mean: Numbers;
  readonly variance: Numbers;
  readonly epsilon: number;
}

/** gamma (w x + b - mean) / deviation + beta as one convolution with a bias. */
export function foldNormalization(
  { weights, bias }: Affine,
  { gamma, beta, mean, variance, epsilon }: NormalizationValues,
): { readonly weights: Float32Array; readonly bias: Float32Array } {
  const folded = { weights: new Float32Array(weights.length), bias: new Float32Array(bias.length) };
  const perChannel = weights.length / bias.length;
  // Loops: networks have tens of millions of weights.
  for (let channel = 0; channel < bias.length; channel += 1) {
    const scale = gamma[channel]! / Math.sqrt(variance[channel]! + epsilon);
    folded.bias[channel] = beta[channel]! + (bias[channel]! - mean[channel]!) * scale;
    const end = (channel + 1) * perChannel;
    for (let index = channel * perChannel; index < end; index += 1) {
      folded.weights[index] = weights[index]! * scale;
    }
  }
  return folded;
}
