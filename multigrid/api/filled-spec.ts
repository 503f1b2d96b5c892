/** The spec as the rest of the code sees it: every default filled in, decimals as numbers, switched-off parts null. */
import type { NetworkDescription } from '../contract/network.ts';
import type { DefaultedJobSpec } from './defaulted-types.gen.ts';
import type { DeepReadonly } from './job.ts';

export type ModelName = NonNullable<DefaultedJobSpec['model']['name']>;

/** Size of a network; the SlowFast fields have no effect in other networks. */
export type FilledArchitecture = Required<Omit<NetworkDescription, 'family' | 'numClasses' | 'dropout'>>;

/** Weights to start from; the path is relative as those of {@link FilledData}. */
export interface FilledPretrained {
  readonly path: string;
  readonly format: 'safetensors' | 'onnx';
  /** Layers other than the classifier may be left out. */
  readonly allowMissing: boolean;
}

interface AnyModel {
  readonly numClasses: number;
  /** 0 to below 1. */
  readonly dropout: number;
  /** Null: training starts from random values, or from those in the network's file. */
  readonly pretrained: FilledPretrained | null;
}

/** A network of the zoo. */
export interface ZooModel extends AnyModel {
  readonly name: ModelName;
  readonly architecture: FilledArchitecture;
}

/** What pixels in [0, 1] are normalised with, red, green, blue. */
export interface PixelNormalization {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A user's own network. */
export interface OnnxFileModel extends AnyModel {
  /** The path, as the manifest has it. */
  readonly name: string;
  readonly onnx: {
    readonly path: string;
    /** null: as the networks of the zoo. */
    readonly pixels: PixelNormalization | null;
    /** Beginnings of names of tensors that are not trained. */
    readonly frozen: readonly string[];
  };
}

export type FilledModel = ZooModel | OnnxFileModel;

/** Paths are relative to the data volume, or to the manifest's folder on one machine. */
export interface FilledData {
  readonly format: 'kinetics';
  readonly train: string;
  readonly val: string;
  /** The val list unless the manifest names a third one. */
  readonly test: string;
  /** Folder that paths in the lists start from; null: the folder of the list they stand in. */
  readonly root: string | null;
  /** File of class names, one a line; null: classes are named by their numbers. */
  readonly classes: string | null;
  /** Number of training videos when the manifest says it. */
  readonly clips: number | null;
  /** Smallest and largest short side at the full crop, pixels. */
  readonly jitterScales: readonly [number, number];
  readonly flip: boolean;
  readonly loader: {
    /** Decoder processes per worker; 0: one per core. */
    readonly decoders: number;
    /** 0 to 1. */
    readonly maxBadFraction: number;
    readonly cacheMiB: number;
    readonly separator: string;
  };
}

export interface FilledRecipe {
  readonly frames: number;
  readonly stride: number;
  readonly cropSize: number;
  /** Clips per step over all workers. */
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRatePolicy: 'steps' | 'cosine';
  /** First epoch of every stage, ascending from 0. */
  readonly steps: readonly number[];
  readonly gamma: number;
  /** One factor for every stage: the powers of gamma unless the manifest lists others. */
  readonly relativeLearningRates: readonly number[];
  readonly learningRate: number;
  /** Cosine: learning rate at the end. */
  readonly finalLearningRate: number;
  readonly warmup: { readonly epochs: number; readonly learningRate: number };
  readonly optimizer: {
    readonly type: 'SGD';
    readonly momentum: number;
    readonly nesterov: boolean;
    readonly weightDecay: number;
  };
  readonly weightDecayOnNormalization: boolean;
  readonly batchNorm: {
    readonly momentum: number;
    readonly preciseIterations: number;
    readonly acrossWorkers: 'Synchronize' | 'Never';
  };
  readonly loss: 'cross-entropy' | 'binary-cross-entropy';
  readonly precision: 'float32' | 'mixed';
  readonly seed: number;
  readonly evaluationIntervalEpochs: number;
  readonly checkpointIntervalEpochs: number;
  readonly test: {
    readonly temporalViews: number;
    readonly spatialViews: 1 | 3;
    readonly cropSize: number;
  };
}

/** A shape of the long cycle, as factors on `recipe.frames` and `recipe.cropSize`. */
export interface ShapeFactors {
  readonly frames: number;
  readonly crop: number;
}

/** The schedule's settings; both cycles null is the baseline, whether the manifest has a multigrid part or not. */
export interface FilledMultigrid {
  /** Coarse to fine; null: no long cycle. */
  readonly longCycle: readonly ShapeFactors[] | null;
  /** Factors on `recipe.cropSize`; null: no short cycle. */
  readonly shortCycle: readonly number[] | null;
  /** Epochs of the schedule over epochs of the baseline; 1 when both cycles are off. */
  readonly epochFactor: number;
  /** Clips whose batch-norm statistics are taken together; null: all clips of a worker. */
  readonly groupSize: number | null;
  readonly evaluationsPerPhase: number;
}

interface FilledCheckpoint {
  /** 0: only where the plan places them. */
  readonly everyIterations: number;
  readonly keep: number;
  readonly resume: 'Latest' | 'Never';
  readonly adopt: 'Never' | 'SameName';
}

interface FilledRunPolicy {
  readonly backoffLimit: number;
  readonly preRunningDeadlineSeconds: number;
  readonly activeDeadlineSeconds: number | null;
  readonly progressDeadlineSeconds: number;
  readonly ttlSecondsAfterFinished: number | null;
}

export interface FilledSpec {
  readonly model: FilledModel;
  readonly data: FilledData;
  readonly recipe: FilledRecipe;
  readonly multigrid: FilledMultigrid;
  readonly workers: DeepReadonly<DefaultedJobSpec['workers']>;
  readonly volumes: DeepReadonly<NonNullable<DefaultedJobSpec['volumes']>>;
  readonly checkpoint: FilledCheckpoint;
  readonly runPolicy: FilledRunPolicy;
  readonly suspend: boolean;
  /** Controller that looks after the job; this project's operator unless the manifest names another. */
  readonly managedBy: string;
}
