/**
 * What the models room offers the trainer: a network, and the three graphs made from it. `train/` builds one training
 * graph per shape of a phase, one evaluation graph per evaluation shape, one export at the end, and does not know whether
 * the network is one of the zoo (a `NetworkSpec`) or a user's own file.
 */
import type { NetworkDescription } from '../../multigrid/contract/network.ts';
import type { ExchangePoint } from '../graph/exchange.ts';
import type { GraphDevice } from '../graph/graph.ts';
import type { FloatType } from '../graph/value.ts';
import type { ChannelMoments } from './normalization-statistics.ts';

export type LossName = 'crossEntropy' | 'binaryCrossEntropy';

/** Which network of the zoo, and what it is trained for. */
export interface NetworkSpec extends NetworkDescription {
  /** Default `crossEntropy` (one class per clip); `binaryCrossEntropy` for several labels per clip. */
  readonly loss?: LossName;
}

/** Shape of the clips that a graph takes at once. */
export interface InputShape {
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
}

/** Shape of a training step, and of the training graph that runs it or one of its micro-batches. */
export interface StepShape extends InputShape {
  /** Batch-norm groups among `clips`; clip i belongs to group floor(i / (clips / groups)). */
  readonly groups: number;
  /**
   * Clips of a whole group, where groups span workers: `groups` then counts pieces of groups, and the graph has exchanges, in which
   * a piece's statistics become those of its group. Absent: groups are whole.
   */
  readonly spanningClips?: number | undefined;
}

/** `mixed`: activations and products in float16, from parameters kept in float32. */
export type Precision = 'float32' | 'mixed';

/** How a graph is written, for the same numbers. */
export interface GraphOptions {
  /** Default float32. */
  readonly precision?: Precision;
  /** The device whose kernels the operators are chosen for; default `cpu`. */
  readonly device?: GraphDevice;
  /** Compute the inner activations of residual blocks again in the backward pass instead of keeping them; default false. */
  readonly recomputes?: boolean;
}

type ParameterRole = 'weight' | 'bias' | 'gamma' | 'beta';

export interface ParameterInfo {
  readonly name: string;
  readonly dims: readonly number[];
  readonly role: ParameterRole;
  /** Weight decay applies (weights of convolutions and the classifier; never batch norm or biases). */
  readonly decay: boolean;
}

/**
 * A large tensor of a user's file that is not trained: an input of every graph, over one memory for all of them, which nothing
 * writes.
 */
export interface FrozenTensor {
  /** Of the input: `frozen/` and the name in the file. */
  readonly name: string;
  /** As the file has it. */
  readonly type: FloatType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float16Array;
}

/** One batch-norm layer's population statistics: inputs of the evaluation graph, kept by the trainer. */
export interface NormalizationInfo {
  readonly name: string;
  readonly channels: number;
}

/**
 * One micro-batch's forward, loss and backward as one ONNX model.
 *
 * Inputs: every parameter and frozen tensor by its name; `clip` uint8 `[N, T, H, W, 3]`; `target` float32 `[N, K]` (cross-entropy: rows sum to 1);
 * `dropoutMask` float32 `[F, N]`, already scaled by 1 / keep (absent when dropout is 0).
 * In mixed precision also `lossScale` float32 `[]`, what the loss is multiplied by on its way back; gradients are divided by it.
 * Outputs: `loss` float32 `[]`, the mean over N; `logits` float32 `[N, K]`; `gradient/<parameter>` with the parameter's
 * dims; for every batch norm `mean/<name>` and `variance/<name>` (biased), float32 `[groups * channels]`, group-major;
 * `gradientSquares` float32 `[]`, the sum of squares of all gradients, which is not finite if one of them is not.
 */
export interface TrainingGraph {
  readonly model: Uint8Array;
  /** None unless groups span workers; outputs `exchange/<index>/given` and `exchange/<index>/taken`, float32 `[2, length]`. */
  readonly exchanges: readonly ExchangePoint[];
  readonly hasDropout: boolean;
  /** Mixed precision: there is an input `lossScale`. */
  readonly hasLossScale: boolean;
  /** Values behind one channel of one group, per batch norm: what the unbiased variance needs. */
  readonly valuesPerGroup: ReadonlyMap<string, number>;
}

/**
 * Forward with population statistics. Inputs: parameters, frozen tensors, `clip`, and for every batch norm `mean/<name>`,
 * `variance/<name>` float32 `[channels]`. Outputs: `logits` float32 `[N, K]`.
 */
export interface EvaluationGraph {
  readonly model: Uint8Array;
}

/** Values a network is exported with. */
export interface NetworkValues {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly variances: ReadonlyMap<string, Float32Array>;
}

/** A network, ready to be turned into graphs. Parameters and batch norms are listed in forward order. */
export interface Network {
  readonly numClasses: number;
  /** Probability with which a feature is dropped before the classifier, 0 to below 1. */
  readonly dropout: number;
  readonly loss: LossName;
  readonly parameters: readonly ParameterInfo[];
  /** None but in networks from files. */
  readonly frozen: readonly FrozenTensor[];
  readonly normalizations: readonly NormalizationInfo[];
  /** Features F entering the classifier: the rows of `dropoutMask`. */
  readonly features: number;
  /** First values: He fan-out, N(0, 0.01) for the classifier, gamma 1 or 0, everything else 0; seeded, same everywhere. */
  initialValues(seed: number): ReadonlyMap<string, Float32Array>;
  /** Population statistics before the first step, by batch norm: mean 0 and variance 1, or what a trained file brings. */
  initialStatistics(): ReadonlyMap<string, ChannelMoments>;
  /**
   * Whether clips of a shape can be trained on, without building a graph to run.
   *
   * @throws NetworkShapeError saying what does not fit.
   */
  checkShape(shape: StepShape): void;
  /** @throws NetworkShapeError naming the legal frame counts when T or S does not fit the network. */
  trainingGraph(shape: StepShape, options?: GraphOptions): TrainingGraph;
  /** Always float32: `options.precision` has no say. */
  evaluationGraph(shape: InputShape, options?: GraphOptions): EvaluationGraph;
  /**
   * The model people take away: input `clip` uint8 `[N, T, H, W, 3]` (N free), outputs `logits` and `probabilities`,
   * population statistics folded into the convolutions, weights as initialisers, preprocessing and class names in metadata.
   */
  exportModel(
    values: NetworkValues,
    shape: Omit<InputShape, 'clips'>,
    metadata: ReadonlyMap<string, string>,
  ): Uint8Array;
}
