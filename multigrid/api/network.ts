/**
 * From the model part of the spec to a network: its full description for the trainer's models room, and what shapes of
 * clips it can take, for the plan. One table holds what each name stands for.
 */
import type { FilledArchitecture, FilledModel, ModelName } from './filled-spec.ts';

/** A network described by data; the same fields as `NetworkSpec` of the trainer's models room. */
export interface NetworkDescription extends FilledArchitecture {
  readonly family: 'i3d' | 'slowfast';
  readonly numClasses: number;
  readonly dropout: number;
}

interface NamedNetwork {
  readonly family: 'i3d' | 'slowfast';
  readonly defaults: FilledArchitecture;
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
};

const NETWORKS: Readonly<Record<ModelName, NamedNetwork>> = {
  'slowfast-small': { family: 'slowfast', defaults: SMALL },
  'i3d-small': { family: 'i3d', defaults: SMALL },
};

/** The sizes a named network has where the manifest says nothing. */
export function architectureDefaults(name: ModelName): FilledArchitecture {
  return NETWORKS[name].defaults;
}

/** The network a job trains. */
export function networkOf(spec: { readonly model: FilledModel }): NetworkDescription {
  const { name, numClasses, dropout, architecture } = spec.model;
  return { family: NETWORKS[name].family, numClasses, dropout, ...architecture };
}

/** Shapes of clips that a network can take. */
export interface ShapeLimits {
  /** Frames must be a multiple of this, and at least this many. */
  readonly framesMultiple: number;
  readonly minFrames: number;
  /** Smallest crop, pixels: one value of the last feature map, so that no stage sees padding alone. */
  readonly minCropSize: number;
}

/**
 * What a network asks of its clips. SlowFast: the slow pathway takes every alpha-th frame, so frames come in multiples
 * of alpha. I3D: a temporal max-pool of two after the first stage, so there are at least two frames.
 */
export function shapeLimitsOf(network: NetworkDescription): ShapeLimits {
  const isSlowFast = network.family === 'slowfast';
  // Stem, max-pool and every stage after the first halve the side.
  const minCropSize = 2 ** (network.blocks.length + 1);
  return isSlowFast
    ? { framesMultiple: network.alpha, minFrames: network.alpha, minCropSize }
    : { framesMultiple: 1, minFrames: 2, minCropSize };
}
