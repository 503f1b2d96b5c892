/**
 * Everything of a network that a weight file can hold: its parameters and, for every batch norm, the population mean and
 * variance. In: a network. Out: one entry per tensor with the layer it belongs to, in forward order. What names are looked
 * up by, when files are read and when they are written.
 */
import type { Network } from '../models/network.ts';

export interface NetworkTensor {
  /** Parameter, or the batch norm for a statistic. */
  readonly name: string;
  /** Layer that the tensor belongs to, as in `stage1.block0.a`. */
  readonly label: string;
  readonly part: 'weight' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';
  readonly dims: readonly number[];
}

/** Label of the classifier in every network. */
export const HEAD = 'head';

const ENDINGS = ['.norm.gamma', '.norm.beta', '.norm', '.weight', '.bias'] as const;

type Described = Pick<Network, 'parameters' | 'normalizations'>;

export function networkTensors({ parameters, normalizations }: Described): readonly NetworkTensor[] {
  return [
    ...parameters.map(({ name, role, dims }) => ({ name, label: labelOf(name), part: role, dims })),
    ...normalizations.flatMap(({ name, channels }) =>
      (['mean', 'variance'] as const).map((part) => ({ name, label: labelOf(name), part, dims: [channels] })),
    ),
  ];
}

function labelOf(name: string): string {
  const ending = ENDINGS.find((candidate) => name.endsWith(candidate)) ?? '';
  return name.slice(0, name.length - ending.length);
}
