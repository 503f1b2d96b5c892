/**
 * The size of a network, without building it. In: a spec and the shape of a clip. Out: parameters, multiply-adds, and the
 * list of layers they come from. `multigrid models` prints them.
 */
import { type CountedLayer, CountingLayers } from './counting-layers.ts';
import { COLOURS } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { NETWORK_FUNCTIONS } from './network-function.ts';
import { checkShape, checkSpec } from './network-shape.ts';
import { parameterCount } from './parameter-count.ts';
import { ParameterLayers } from './parameter-layers.ts';

export interface NetworkCount {
  readonly parameters: number;
  /** Multiply-adds of convolutions, classifier and non-local products, forward, for one clip. */
  readonly multiplyAdds: number;
  readonly layers: readonly CountedLayer[];
}

/**
 * @throws NetworkSpecError when the spec makes no network.
 * @throws NetworkShapeError when the clip does not fit it.
 */
export function countNetwork(
  spec: NetworkSpec,
  { frames, cropSize }: { readonly frames: number; readonly cropSize: number },
): NetworkCount {
  checkSpec(spec);
  checkShape(spec, { clips: 1, groups: 1, frames, cropSize });
  const network = NETWORK_FUNCTIONS[spec.family];
  const counting = new CountingLayers(spec);
  network(counting, spec, { channels: COLOURS, frames, height: cropSize, width: cropSize });
  const inventory = new ParameterLayers(spec);
  network(inventory, spec, COLOURS);
  return {
    parameters: parameterCount(inventory),
    multiplyAdds: counting.multiplyAdds,
    layers: counting.layers,
  };
}
