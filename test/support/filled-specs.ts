/**
 * Filled specs for tests: a small legal one, changed section by section, and one from an input of the schedule vectors.
 */
import type { FilledRecipe, FilledSpec, ZooModel } from '../../multigrid/api/filled-spec.ts';
import { architectureDefaults } from '../../multigrid/api/network.ts';

/** The published factors of long and short cycle. */
export const PUBLISHED_LONG_CYCLE = [
  { frames: 0.25, crop: 0.7071067811865476 },
  { frames: 0.5, crop: 0.7071067811865476 },
  { frames: 0.5, crop: 1 },
  { frames: 1, crop: 1 },
] as const;
export const PUBLISHED_SHORT_CYCLE = [0.5, 0.7071067811865476] as const;

const RECIPE: FilledRecipe = {
  frames: 16,
  stride: 2,
  cropSize: 64,
  batchSize: 8,
  epochs: 20,
  learningRatePolicy: 'steps',
  steps: [0, 12, 17],
  gamma: 0.1,
  relativeLearningRates: [1, 0.1, 0.01],
  learningRate: 0.05,
  finalLearningRate: 0,
  warmup: { epochs: 2, learningRate: 0.005 },
  optimizer: { type: 'SGD', momentum: 0.9, nesterov: true, weightDecay: 0.0001 },
  weightDecayOnNormalization: false,
  batchNorm: { momentum: 0.1, preciseIterations: 0, acrossWorkers: 'Synchronize' },
  loss: 'cross-entropy',
  precision: 'float32',
  seed: 0,
  evaluationIntervalEpochs: 10,
  checkpointIntervalEpochs: 10,
  test: { temporalViews: 1, spatialViews: 3, cropSize: 64 },
};

type Changes = {
  readonly [Section in Exclude<keyof FilledSpec, 'model'>]?: Partial<FilledSpec[Section]>;
} & { readonly model?: Partial<ZooModel> };

/** A small job under the full schedule, with changes to any section. */
export function filledSpec(changes: Changes = {}): FilledSpec {
  return {
    model: {
      name: 'slowfast-small',
      numClasses: 16,
      dropout: 0.2,
      architecture: architectureDefaults('slowfast-small'),
      pretrained: null,
      ...changes.model,
    },
    data: {
      format: 'kinetics',
      train: 'train.csv',
      val: 'val.csv',
      test: 'val.csv',
      root: null,
      classes: null,
      clips: null,
      jitterScales: [66, 76],
      flip: false,
      loader: { decoders: 0, maxBadFraction: 0.05, cacheMiB: 1024, separator: ' ' },
      ...changes.data,
    },
    recipe: { ...RECIPE, ...changes.recipe },
    multigrid: {
      longCycle: PUBLISHED_LONG_CYCLE,
      shortCycle: PUBLISHED_SHORT_CYCLE,
      epochFactor: 1.5,
      groupSize: 8,
      evaluationsPerPhase: 3,
      ...changes.multigrid,
    },
    workers: {
      replicas: 1,
      processesPerWorker: 1,
      executionProvider: 'cpu',
      cuda: { deviceId: 0, convolutionSearch: 'Heuristic', tf32: true, arenaGrowth: 'AsRequested' },
      microBatch: 0,
      activationMemoryMiB: 0,
      recompute: 'Auto',
      ...changes.workers,
    },
    volumes: { ...changes.volumes },
    checkpoint: { everyIterations: 500, keep: 3, resume: 'Latest', adopt: 'Never', ...changes.checkpoint },
    runPolicy: {
      backoffLimit: 6,
      preRunningDeadlineSeconds: 1800,
      activeDeadlineSeconds: null,
      progressDeadlineSeconds: 900,
      ttlSecondsAfterFinished: null,
      ...changes.runPolicy,
    },
    suspend: false,
    managedBy: 'training.multigrid.dev/operator',
  };
}
