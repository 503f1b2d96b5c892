/**
 * Which parameters weight decay acts on. In: a network's parameters and the recipe's setting. Out: the slots of the
 * parameter store. The weights of convolutions and the classifier decay, in every batch-norm kind and group count alike;
 * batch norm and biases only where the recipe says so.
 */
import type { ParameterSlot } from '../../engine/engine.ts';
import type { ParameterInfo } from '../../models/network.ts';

/** @param onNormalization - `recipe.weightDecayOnNormalization`. */
export function parameterSlots(
  parameters: readonly ParameterInfo[],
  onNormalization: boolean,
): readonly ParameterSlot[] {
  return parameters.map(({ name, dims, decay }) => ({ name, dims, decay: decay || onNormalization }));
}
