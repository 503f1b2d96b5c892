/**
 * From the model part of the spec to a network: its full description for the trainer's models room, and what shapes of
 * clips it can take, for the plan. What each name stands for is in `zoo.ts`.
 */
import type { FilledArchitecture, FilledModel, ModelName, OnnxFileModel, ZooModel } from './filled-spec.ts';
import { type NetworkDescription, type ShapeLimits, shapeLimitsOf } from '../contract/network.ts';
import { SIMILARITY, ZOO } from './zoo.ts';
import type { DefaultedModelSpec } from './defaulted-types.gen.ts';

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

/** Of a network in a file, of which nothing is known before it is read. */
const NO_LIMITS: ShapeLimits = { framesMultiple: 1, minFrames: 1, minCropSize: 1 };

/** What a job's network asks of its clips; nothing for a user's own, which the command line and the trainer try out. */
export function shapeLimitsOfModel(model: FilledModel): ShapeLimits {
  return isOnnxFile(model) ? NO_LIMITS : shapeLimitsOf(networkOf({ model }));
}
