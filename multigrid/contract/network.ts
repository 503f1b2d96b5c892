/**
 * What a network of the zoo is, as data, and which clips it can take. The manifest is filled up to this, the plan keeps its
 * shapes within it, the trainer builds the network from it and refuses what does not fit.
 */

/** What tells the networks apart beyond their sizes: temporal kernels, temporal pooling, number of pathways. */
export type NetworkFamily = 'c2d' | 'i3d' | 'slow' | 'slowfast';

/**
 * How the products of two positions' features become weights: softmax over all positions, scaled by 1 / sqrt(channels);
 * or the product divided by the number of positions.
 */
export type Similarity = 'softmax' | 'dot-product';

/** Where non-local blocks stand and how they weigh positions. */
export interface NonLocalBlocks {
  /** For every stage, the numbers (from 0) of the residual blocks that one follows. */
  readonly blocks: readonly (readonly number[])[];
  readonly similarity: Similarity;
}

/** Which network; `small-*` are the same code as the full ones with their own widths and depths. */
export interface NetworkDescription {
  readonly family: NetworkFamily;
  readonly numClasses: number;
  /** Probability with which a feature is dropped before the classifier, 0 to below 1. */
  readonly dropout: number;
  /** Channels of the stem (slow pathway). */
  readonly width: number;
  /** Residual blocks of every stage. */
  readonly blocks: readonly number[];
  /** Channels out of a bottleneck over channels inside it. */
  readonly expansion: number;
  /** Spatial side of the stem kernel: 7 in the full networks, 5 in the small ones. */
  readonly stemKernel: number;
  /** SlowFast: frame-rate ratio of the fast to the slow pathway. */
  readonly alpha: number;
  /** SlowFast: slow channels over fast channels. */
  readonly betaInv: number;
  /** SlowFast: temporal kernel of the lateral connections. */
  readonly fusionKernel: number;
  /** The last batch norm of every residual and non-local block starts with gamma 0. */
  readonly zeroInitFinalGamma: boolean;
  /** For every stage, how many leading blocks keep their temporal kernel; absent: all. SlowFast: of the slow pathway. */
  readonly temporalBlocks?: readonly number[] | null;
  /** SlowFast: the same of the fast pathway. */
  readonly fastTemporalBlocks?: readonly number[] | null;
  /** Non-local blocks (SlowFast: in the slow pathway); absent: none. */
  readonly nonLocal?: NonLocalBlocks | null;
}

/** Shapes of clips that a network can take. */
export interface ShapeLimits {
  /** Frames must be a multiple of this, and at least `minFrames`. */
  readonly framesMultiple: number;
  readonly minFrames: number;
  /** Smallest crop, pixels: one value of the last feature map, so that no stage sees padding alone. */
  readonly minCropSize: number;
}

/**
 * What a network asks of its clips. SlowFast: the slow pathway takes every alpha-th frame, so frames come in multiples
 * of alpha. C2D and I3D: a temporal max-pool of two after the first stage, so there are at least two frames. A
 * non-local block compares with positions pooled two by two, so its stage has at least two by two.
 */
export function shapeLimitsOf(
  network: Pick<NetworkDescription, 'family' | 'alpha' | 'blocks' | 'nonLocal'>,
): ShapeLimits {
  const minCropSize = Math.max(...network.blocks.map((_, stage) => minCropOfStage(network, stage)));
  if (network.family === 'slowfast') {
    return { framesMultiple: network.alpha, minFrames: network.alpha, minCropSize };
  }
  return { framesMultiple: 1, minFrames: network.family === 'slow' ? 1 : 2, minCropSize };
}

/** Stem, max-pool and every stage after the first halve the side. */
function minCropOfStage({ nonLocal }: Pick<NetworkDescription, 'nonLocal'>, stage: number): number {
  const pixelsPerPosition = 2 ** (stage + 2);
  const hasNonLocal = (nonLocal?.blocks[stage]?.length ?? 0) > 0;
  return hasNonLocal ? pixelsPerPosition + 1 : pixelsPerPosition;
}
