/**
 * What the training loop needs to know of a job, as plain values: read from the filled spec by `settings-of-job.ts`,
 * handed to every part of this folder. Nothing here changes during a run.
 */
import type { CudaOptions, ExecutionProviderChoice } from '../engine/device.ts';
import type { NetworkSpec, Precision } from '../models/network.ts';
import type { OnnxNetworkOptions } from '../models/onnx/create-onnx-network.ts';

/**
 * Whether the activations inside residual blocks are computed again in the backward pass instead of being kept. `Auto`:
 * only where not even one batch-norm group fits otherwise.
 */
export type RecomputePolicy = 'Never' | 'Auto' | 'Always';

/** The baseline's shape: what the network is finally meant for, and evaluated at. */
export interface FullShape {
  readonly frames: number;
  readonly stride: number;
  readonly cropSize: number;
}

export interface TestViews {
  readonly temporalViews: number;
  readonly spatialViews: 1 | 3;
  readonly cropSize: number;
}

export interface AugmentationSettings {
  /** Short side of the jittered frame at the full crop, pixels: smallest and largest. */
  readonly jitterScales: readonly [number, number];
  readonly flip: boolean;
}

/** Weights that a fresh training starts from. */
export interface PretrainedSettings {
  /** Absolute, or relative to the trainer's working folder. */
  readonly path: string;
  readonly format: 'safetensors' | 'onnx';
  readonly allowMissing: boolean;
}

/** A network in a file of the user's. */
export interface OwnNetwork extends OnnxNetworkOptions {
  /** Absolute, or relative to the trainer's working folder. */
  readonly path: string;
}

export interface TrainingSettings {
  readonly name: string;
  readonly modelName: string;
  readonly network: NetworkSpec | OwnNetwork;
  readonly pretrained: PretrainedSettings | null;
  readonly seed: number;
  readonly full: FullShape;
  readonly augmentation: AugmentationSettings;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly decayNormalization: boolean;
  readonly batchNormMomentum: number;
  /** Iterations of the precise batch-norm estimate before evaluations; 0: running statistics as they are. */
  readonly preciseIterations: number;
  readonly test: TestViews;
  readonly checkpoint: { readonly everyIterations: number; readonly keep: number; readonly resume: boolean };
  readonly cores: number;
  readonly microBatch: number;
  readonly precision: Precision;
  /** What to compute on. */
  readonly executionProvider: ExecutionProviderChoice;
  readonly cuda: CudaOptions;
  /** Most main memory for activations, MiB; 0: what the machine or the container leaves. */
  readonly activationMemoryMiB: number;
  readonly recompute: RecomputePolicy;
  /** How long the loop waits at a border for the next directive before it goes on by the plan. */
  readonly directiveGraceMs: number;
}
