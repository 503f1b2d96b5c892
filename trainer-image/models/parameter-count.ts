/** How many numbers a network learns. In: its parameters. Out: the sum of their elements. */
import { elementCount } from '../graph/value.ts';
import type { Network } from './network.ts';

export function parameterCount({ parameters }: Pick<Network, 'parameters'>): number {
  return parameters.reduce((sum, { dims }) => sum + elementCount(dims), 0);
}
