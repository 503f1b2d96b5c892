/**
 * Which parameters weight decay acts on. In: a network's parameters and the recipe's setting. Out: what the
 * parameter store keeps. The weights of convolutions and the classifier decay, in every batch-norm kind and group count alike;
 * batch norm and biases only where the recipe says so.
 */
import type { ParameterInfo } from '../../models/network.ts';
import type { StoredParameter } from './flat-layout.ts';

/** @param onNormalization - `recipe.weightDecayOnNormalization`. */
export function storedParameters(
  parameters: readonly ParameterInfo[],
  onNormalization: boolean,
): readonly StoredParameter[] {
  return parameters.map(({ name, dims, decay }) => ({ name, dims, decay: decay || onNormalization }));
}
