/**
 * A network as code: one function from clip to logits over any set of layers. In: layers, spec, clip. Out: logits.
 * `i3d` and `slowFast` are such functions; `create-network.ts` picks one.
 */
import { i3d } from './i3d.ts';
import type { Layers } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { slowFast } from './slowfast.ts';

export type NetworkFunction = <V>(layers: Layers<V>, spec: NetworkSpec, clip: V) => V;

export const NETWORK_FUNCTIONS: Readonly<Record<NetworkSpec['family'], NetworkFunction>> = {
  i3d,
  slowfast: slowFast,
};
