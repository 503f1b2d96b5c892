/**
 * Networks that several tests use: the small and full ones of the zoo with the classes that tests and benchmarks give them,
 * and one that is as small as it gets.
 */
import { networkOf } from '../../multigrid/api/network.ts';
import { ZOO } from '../../multigrid/api/zoo.ts';
import type { NetworkSpec } from '../../trainer-image/models/network.ts';

const ofZoo = (name: keyof typeof ZOO, numClasses: number): NetworkSpec =>
  networkOf({ model: { name, numClasses, dropout: 0.2, architecture: ZOO[name].architecture } });

export const smallI3d = ofZoo('i3d-small', 16);
export const smallSlowFast = ofZoo('slowfast-small', 16);
export const i3dR50 = ofZoo('i3d-8x8-r50', 400);
export const slowR50 = ofZoo('slow-8x8-r50', 400);
export const slowFastR50 = ofZoo('slowfast-8x8-r50', 400);
export const tinySlowFast: NetworkSpec = {
  ...smallSlowFast,
  numClasses: 3,
  width: 4,
  blocks: [1, 1],
  expansion: 2,
  betaInv: 2,
};
