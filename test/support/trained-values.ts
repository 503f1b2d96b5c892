/**
 * Values of a network as after some training: nothing is 0 or 1, every tensor differs from every other. In: a network
 * and a seed. Out: parameters and population statistics, the same on every machine and in values.py of the fixtures.
 */
import type { Network, NetworkValues } from '../../trainer-image/models/network.ts';
import { fixtureParameter } from './fixture-values.ts';

export function trainedValues(
  network: Pick<Network, 'parameters' | 'normalizations'>,
  seed: number,
): NetworkValues {
  const statistics = (ending: string, offset: number): ReadonlyMap<string, Float32Array> =>
    new Map(
      network.normalizations.map(({ name, channels }) => [
        name,
        fixtureParameter(`${name}.${ending}`, [channels], seed).map((value) => value + offset),
      ]),
    );
  return {
    parameters: new Map(
      network.parameters.map(({ name, dims }) => [name, fixtureParameter(name, dims, seed)]),
    ),
    // Around 0 and around 1: the rule knows biases.
    means: statistics('mean.bias', 0),
    variances: statistics('variance.bias', 1),
  };
}
