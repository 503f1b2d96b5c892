/**
 * From the model part of the spec to a network: its full description for the trainer's models room, and what shapes of
 * clips it can take, for the plan. What each name stands for is in `zoo.ts`.
 */
import type { FilledArchitecture, FilledModel, ModelName, OnnxFileModel, ZooModel } from './filled-spec.ts';
import { type NetworkFamily, SIMILARITY, ZOO } from './zoo.ts';
import type { DefaultedModelSpec } from './defaulted-types.gen.ts';

/** A network described by data; the same fields as `NetworkSpec` of the trainer's models room. */
export interface NetworkDescription extends FilledArchitecture {
  readonly family: NetworkFamily;
  readonly numClasses: number;
  readonly dropout: number;
}

/** The sizes a named network has where the manifest says nothing. */
export function architectureDefaults(name: ModelName): FilledArchitecture {
  return ZOO[name].architecture;
}

/** A named network's sizes with the manifest's changes. */
export function architectureOf(
  name: ModelName,
  changes: DefaultedModelSpec['architecture'] = {},
): FilledArchitecture {
  const { nonLocal, ...sizes } = changes;
  const architecture = { ...architectureDefaults(name), ...sizes };
  if (nonLocal === undefined) {
    return architecture;
  }
  const similarity = nonLocal.similarity ?? SIMILARITY[ZOO[name].family];
  return { ...architecture, nonLocal: { blocks: nonLocal.blocks, similarity } };
}

/** Whether a job trains the user's own network. */
export function isOnnxFile(model: FilledModel): model is OnnxFileModel {
  return 'onnx' in model;
}

/** The network of the zoo that a job trains. */
export function networkOf(spec: { readonly model: Omit<ZooModel, 'pretrained'> }): NetworkDescription {
  const { name, numClasses, dropout, architecture } = spec.model;
  return { family: ZOO[name].family, numClasses, dropout, ...architecture };
}

/** Shapes of clips that a network can take. */
export interface ShapeLimits {
  /** Frames must be a multiple of this, and at least this many. */
  readonly framesMultiple: number;
  readonly minFrames: number;
  /** Smallest crop, pixels: one value of the last feature map, so that no stage sees padding alone. */
  readonly minCropSize: number;
}

/** Of a network in a file, of which nothing is known before it is read. */
const NO_LIMITS: ShapeLimits = { framesMultiple: 1, minFrames: 1, minCropSize: 1 };

/** What a job's network asks of its clips; nothing for a user's own, which the command line and the trainer try out. */
export function shapeLimitsOfModel(model: FilledModel): ShapeLimits {
  return isOnnxFile(model) ? NO_LIMITS : shapeLimitsOf(networkOf({ model }));
}

/**
 * What a network asks of its clips. SlowFast: the slow pathway takes every alpha-th frame, so frames come in multiples
 * of alpha. C2D and I3D: a temporal max-pool of two after the first stage, so there are at least two frames. A
 * non-local block compares with positions pooled two by two, so its stage has at least two by two.
 */
export function shapeLimitsOf(network: NetworkDescription): ShapeLimits {
  const minCropSize = Math.max(...network.blocks.map((_, stage) => minCropOfStage(network, stage)));
  if (network.family === 'slowfast') {
    return { framesMultiple: network.alpha, minFrames: network.alpha, minCropSize };
  }
  return { framesMultiple: 1, minFrames: network.family === 'slow' ? 1 : 2, minCropSize };
}

/** Stem, max-pool and every stage after the first halve the side. */
function minCropOfStage({ nonLocal }: NetworkDescription, stage: number): number {
  const pixelsPerPosition = 2 ** (stage + 2);
  const hasNonLocal = (nonLocal?.blocks[stage]?.length ?? 0) > 0;
  return hasNonLocal ? pixelsPerPosition + 1 : pixelsPerPosition;
}
