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

const ENDINGS = ['.norm.gamma', '.norm.beta', '.norm', '.weight', '.bias'] as const;

export function networkTensors({
  parameters,
  normalizations,
}: Pick<Network, 'parameters' | 'normalizations'>): readonly NetworkTensor[] {
  return [
    ...parameters.map(({ name, role, dims }) => ({ name, label: labelOf(name), part: role, dims })),
    ...normalizations.flatMap(({ name, channels }) =>
      (['mean', 'variance'] as const).map((part) => ({ name, label: labelOf(name), part, dims: [channels] })),
    ),
  ];
}

/** Label of the classifier: the last layer with a row of weights for each class; null when there is none. */
export function headLabel({
  parameters,
  numClasses,
}: Pick<Network, 'parameters' | 'numClasses'>): string | null {
  const weights = parameters.findLast(
    ({ role, dims }) => role === 'weight' && dims.length === 2 && dims[0] === numClasses,
  );
  return weights === undefined ? null : labelOf(weights.name);
}

function labelOf(name: string): string {
  const ending = ENDINGS.find((candidate) => name.endsWith(candidate)) ?? '';
  return name.slice(0, name.length - ending.length);
}
