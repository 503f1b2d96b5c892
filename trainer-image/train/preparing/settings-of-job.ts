/**
 * From a job's filled spec to the numbers that training works with. Pure.
 */
import { resolve } from 'node:path';
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import { isOnnxFile, networkOf } from '../../../multigrid/api/network.ts';
import type { LossName } from '../../models/network.ts';
import type { TrainingSettings } from '../settings.ts';
import type { Surroundings } from '../surroundings.ts';

/** The loss by the models room's names. */
const LOSS_NAMES: Readonly<Record<FilledSpec['recipe']['loss'], LossName>> = {
  'cross-entropy': 'crossEntropy',
  'binary-cross-entropy': 'binaryCrossEntropy',
};

/** What is added to the spec: the job's name, and what the trainer finds around it. */
export interface SettingsSource extends Pick<Surroundings, 'dataDir' | 'cores' | 'directiveGraceMs'> {
  /** `metadata.name` of the job. */
  readonly name: string;
}

export function settingsOf(spec: FilledSpec, source: SettingsSource): TrainingSettings {
  const { model, recipe, data, checkpoint, workers } = spec;
  return {
    name: source.name,
    modelName: model.name,
    network: networkSettings(spec, source),
    pretrained:
      model.pretrained === null
        ? null
        : { ...model.pretrained, path: resolve(source.dataDir, model.pretrained.path) },
    seed: recipe.seed,
    full: { frames: recipe.frames, stride: recipe.stride, cropSize: recipe.cropSize },
    augmentation: { jitterScales: data.jitterScales, flip: data.flip },
    momentum: recipe.optimizer.momentum,
    nesterov: recipe.optimizer.nesterov,
    weightDecay: recipe.optimizer.weightDecay,
    decayNormalization: recipe.weightDecayOnNormalization,
    batchNormMomentum: recipe.batchNorm.momentum,
    preciseIterations: recipe.batchNorm.preciseIterations,
    test: recipe.test,
    checkpoint: {
      everyIterations: checkpoint.everyIterations,
      keep: checkpoint.keep,
      resume: checkpoint.resume === 'Latest',
    },
    cores: source.cores,
    microBatch: workers.microBatch,
    precision: recipe.precision,
    executionProvider: workers.executionProvider,
    cuda: { ...workers.cuda, memoryLimitMiB: workers.cuda.memoryLimitMiB ?? null },
    activationMemoryMiB: workers.activationMemoryMiB,
    recompute: workers.recompute,
    directiveGraceMs: source.directiveGraceMs,
  };
}

/** The network of a job, its file found from the data folder. */
export function networkSettings(
  { model, recipe }: FilledSpec,
  { dataDir }: Pick<SettingsSource, 'dataDir'>,
): TrainingSettings['network'] {
  const loss = LOSS_NAMES[recipe.loss];
  if (!isOnnxFile(model)) {
    return { ...networkOf({ model }), loss };
  }
  const { numClasses, dropout, onnx } = model;
  const { path, frozen, pixels } = onnx;
  const own = { path: resolve(dataDir, path), numClasses, dropout, loss, frozen };
  return pixels === null ? own : { ...own, pixels };
}
