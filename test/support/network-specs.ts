/**
 * Networks that several tests use: the small ones of the examples, the full ones of the published model zoo, and one that
 * is as small as it gets. Built by the same code; only the numbers differ.
 */
import type { NetworkSpec } from '../../trainer-image/models/network.ts';

const SMALL = {
  numClasses: 16,
  dropout: 0.2,
  width: 16,
  blocks: [1, 1, 1],
  expansion: 4,
  stemKernel: 5,
  alpha: 4,
  betaInv: 4,
  fusionKernel: 5,
  zeroInitFinalGamma: true,
};

const FULL = {
  ...SMALL,
  numClasses: 400,
  width: 64,
  blocks: [3, 4, 6, 3],
  stemKernel: 7,
  betaInv: 8,
  fusionKernel: 7,
};

export const smallI3d: NetworkSpec = { family: 'i3d', ...SMALL };
export const smallSlowFast: NetworkSpec = { family: 'slowfast', ...SMALL };
export const i3dR50: NetworkSpec = { family: 'i3d', ...FULL };
export const slowR50: NetworkSpec = { family: 'slow', ...FULL };
export const slowFastR50: NetworkSpec = { family: 'slowfast', ...FULL };
export const tinySlowFast: NetworkSpec = {
  ...smallSlowFast,
  numClasses: 3,
  width: 4,
  blocks: [1, 1],
  expansion: 2,
  betaInv: 2,
};
