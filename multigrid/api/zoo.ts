/**
 * The model zoo: every network that a manifest can name, one row each, with the sizes it was published with and the clip
 * it was published for. In: nothing. Out: the table.
 */
import type { NetworkFamily, NonLocalBlocks } from '../contract/network.ts';
import type { FilledArchitecture, ModelName } from './filled-spec.ts';

export interface ZooRow {
  readonly family: NetworkFamily;
  readonly architecture: FilledArchitecture;
  /** Frames of a clip, and the distance between them, that the network was published with. */
  readonly frames: number;
  readonly stride: number;
}

const SMALL: FilledArchitecture = {
  width: 16,
  blocks: [1, 1, 1],
  expansion: 4,
  stemKernel: 5,
  alpha: 4,
  betaInv: 4,
  fusionKernel: 5,
  zeroInitFinalGamma: true,
  temporalBlocks: null,
  fastTemporalBlocks: null,
  nonLocal: null,
};

const R50: FilledArchitecture = {
  ...SMALL,
  width: 64,
  blocks: [3, 4, 6, 3],
  stemKernel: 7,
  betaInv: 8,
};

const R101: FilledArchitecture = { ...R50, blocks: [3, 4, 23, 3] };

/** Clips of the networks with one pathway, and of SlowFast, whose name gives the slow pathway's frames and stride. */
const F4: Clip = { frames: 4, stride: 16 };
const F8: Clip = { frames: 8, stride: 8 };
const FAST32: Clip = { frames: 32, stride: 2 };
const FAST64: Clip = { frames: 64, stride: 2 };
/** The small networks' clip, as in examples/quickstart.yaml. */
const F16: Clip = { frames: 16, stride: 2 };

type Clip = Pick<ZooRow, 'frames' | 'stride'>;

/** Which leading blocks of a 101-layer network's stages keep their temporal kernel: as many as a 50-layer one has. */
const TEMPORAL_50 = [3, 4, 6, 3];

const PLACES_SMALL = [[], [0], [0]];
const PLACES = [[], [1, 3], [1, 3, 5]];
/** Spread over the 23 blocks of the third stage. */
const PLACES_SPREAD = [[], [], [6, 13, 20]];

/** How the positions' similarities become weights, where the manifest does not say. */
export const SIMILARITY: Readonly<Record<NetworkFamily, NonLocalBlocks['similarity']>> = {
  c2d: 'softmax',
  i3d: 'softmax',
  slow: 'dot-product',
  slowfast: 'dot-product',
};

function row(family: NetworkFamily, architecture: FilledArchitecture, clip: Clip): ZooRow {
  return { family, architecture, ...clip };
}

function nonLocal(plain: ZooRow, blocks: readonly (readonly number[])[]): ZooRow {
  const places = { blocks, similarity: SIMILARITY[plain.family] };
  return { ...plain, architecture: { ...plain.architecture, nonLocal: places } };
}

const ALPHA_8 = { alpha: 8, fusionKernel: 5 };
const KERNEL_7 = { alpha: 4, fusionKernel: 7 };
const ONLY_50 = { temporalBlocks: TEMPORAL_50, fastTemporalBlocks: TEMPORAL_50 };

/** In the order in which they are listed. */
export const ZOO: Readonly<Record<ModelName, ZooRow>> = {
  'slowfast-small': row('slowfast', SMALL, F16),
  'i3d-small': row('i3d', SMALL, F16),
  'c2d-small': row('c2d', SMALL, F16),
  'slow-small': row('slow', SMALL, F16),
  'i3d-nln-small': nonLocal(row('i3d', SMALL, F16), PLACES_SMALL),
  'slowfast-nln-small': nonLocal(row('slowfast', SMALL, F16), PLACES_SMALL),
  'c2d-8x8-r50': row('c2d', R50, F8),
  'c2d-8x8-r101': row('c2d', R101, F8),
  'c2d-nln-8x8-r50': nonLocal(row('c2d', R50, F8), PLACES),
  'c2d-nln-8x8-r101': nonLocal(row('c2d', R101, F8), PLACES),
  'i3d-8x8-r50': row('i3d', R50, F8),
  'i3d-8x8-r101': row('i3d', R101, F8),
  'i3d-nln-8x8-r50': nonLocal(row('i3d', R50, F8), PLACES),
  'i3d-nln-8x8-r101': nonLocal(row('i3d', R101, F8), PLACES),
  'slow-4x16-r50': row('slow', R50, F4),
  'slow-4x16-r101': row('slow', R101, F4),
  'slow-8x8-r50': row('slow', R50, F8),
  'slow-8x8-r101': row('slow', R101, F8),
  'slow-nln-4x16-r50': nonLocal(row('slow', R50, F4), PLACES),
  'slow-nln-8x8-r50': nonLocal(row('slow', R50, F8), PLACES),
  'slowfast-4x16-r50': row('slowfast', { ...R50, ...ALPHA_8 }, FAST32),
  'slowfast-8x8-r50': row('slowfast', { ...R50, ...KERNEL_7 }, FAST32),
  'slowfast-16x8-r50': row('slowfast', { ...R50, ...KERNEL_7 }, FAST64),
  'slowfast-nln-4x16-r50': nonLocal(row('slowfast', { ...R50, ...ALPHA_8 }, FAST32), PLACES),
  'slowfast-nln-8x8-r50': nonLocal(row('slowfast', R50, FAST32), PLACES),
  'slowfast-4x16-r101-50-50': row('slowfast', { ...R101, ...ALPHA_8, ...ONLY_50 }, FAST32),
  'slowfast-8x8-r101-50-50': row('slowfast', { ...R101, ...ONLY_50 }, FAST32),
  'slowfast-8x8-r101-50-101': row('slowfast', { ...R101, temporalBlocks: TEMPORAL_50 }, FAST32),
  'slowfast-8x8-r101-101-101': row('slowfast', R101, FAST32),
  'slowfast-16x8-r101-50-50': row('slowfast', { ...R101, ...ONLY_50 }, FAST64),
  'slowfast-nln-16x8-r101-50-50': nonLocal(row('slowfast', { ...R101, ...ONLY_50 }, FAST64), PLACES_SPREAD),
};
