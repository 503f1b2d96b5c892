/**
 * A network as code: one function from clip to logits over any set of layers. In: layers, spec, clip. Out: logits.
 * `singlePathway` makes such functions, `slowFast` is one; `create-network.ts` picks.
 */
import type { Layers } from './layers.ts';
import type { NetworkSpec } from './network.ts';
import { singlePathway } from './single-pathway.ts';
import { slowFast } from './slowfast.ts';

export type NetworkFunction = <V>(layers: Layers<V>, spec: NetworkSpec, clip: V) => V;

export const NETWORK_FUNCTIONS: Readonly<Record<NetworkSpec['family'], NetworkFunction>> = {
  c2d: singlePathway('c2d'),
  i3d: singlePathway('i3d'),
  slow: singlePathway('slow'),
  slowfast: slowFast,
};
