/**
 * The table of derivative rules: every operation that a network may be made of, by name. In: nothing. Out: the frozen
 * table. Next: `tape.ts` applies the rules and remembers them, `backward.ts` walks back. The tests go through this table,
 * so that no rule is without a finite-difference check.
 */
import type { Rule } from './rule.ts';
import { attention } from './rules/attention.ts';
import type { Attention } from './rules/attention.ts';
import { batchNorm } from './rules/batch-norm.ts';
import type { BatchNorm } from './rules/batch-norm.ts';
import { channelBias } from './rules/channel-bias.ts';
import type { ChannelBias } from './rules/channel-bias.ts';
import { concatChannels, pickFrames } from './rules/arrange.ts';
import type { ConcatChannels, PickFrames } from './rules/arrange.ts';
import { cast } from './rules/cast.ts';
import type { Cast } from './rules/cast.ts';
import { normalizeClip } from './rules/clip.ts';
import type { NormalizeClip } from './rules/clip.ts';
import { add, divide, maximum, minimum, multiply, subtract } from './rules/arithmetic.ts';
import type { Arithmetic } from './rules/arithmetic.ts';
import {
  absolute,
  clamp,
  cosine,
  erf,
  exp,
  log,
  negate,
  power,
  reciprocal,
  relu,
  sigmoid,
  sine,
  softplus,
  sqrt,
  tanh,
} from './rules/function.ts';
import type { Clamp, Function1, Power } from './rules/function.ts';
import { linear, meanPool } from './rules/head.ts';
import type { Linear, MeanPool } from './rules/head.ts';
import { binaryCrossEntropy, softmaxCrossEntropy } from './rules/loss.ts';
import type { Loss } from './rules/loss.ts';
import { pairMaxPool } from './rules/pair-max-pool.ts';
import type { PairMaxPool } from './rules/pair-max-pool.ts';
import { spatialMaxPool } from './rules/spatial-max-pool.ts';
import type { SpatialMaxPool } from './rules/spatial-max-pool.ts';
import { temporalMaxPool } from './rules/temporal-max-pool.ts';
import type { TemporalMaxPool } from './rules/temporal-max-pool.ts';
import { pointwiseConvolution } from './rules/pointwise-convolution.ts';
import type { PointwiseConvolution } from './rules/pointwise-convolution.ts';
import { spatialConvolution } from './rules/spatial-convolution.ts';
import type { SpatialConvolution } from './rules/spatial-convolution.ts';
import { stemConvolution } from './rules/stem-convolution.ts';
import type { StemConvolution } from './rules/stem-by-planes.ts';
import { temporalConvolution } from './rules/temporal-convolution.ts';
import type { TemporalConvolution } from './rules/temporal-convolution.ts';
import { axisMaxPool, axisSumPool } from './rules/axis-pool.ts';
import type { AxisPool } from './rules/axis-pool.ts';
import { convolution } from './rules/convolution.ts';
import type { Convolution } from './rules/convolution.ts';
import { meanOver, sumOver } from './rules/fold-axes.ts';
import type { FoldAxes } from './rules/fold-axes.ts';
import { gather } from './rules/gather.ts';
import type { Gather } from './rules/gather.ts';
import { layerNorm } from './rules/layer-norm.ts';
import type { LayerNorm } from './rules/layer-norm.ts';
import { matrixMultiply } from './rules/matrix-multiply.ts';
import type { MatrixMultiply } from './rules/matrix-multiply.ts';
import { concat, expand, pad, reshape, slice, transpose } from './rules/rearrange.ts';
import type { Concat, Expand, Pad, Reshape, Slice, Transpose } from './rules/rearrange.ts';
import { resample } from './rules/resample.ts';
import type { Resample } from './rules/resample.ts';
import { select } from './rules/select.ts';
import type { Select } from './rules/select.ts';
import { logSoftmax, softmax } from './rules/softmax.ts';
import type { Softmax } from './rules/softmax.ts';
import { standardize } from './rules/standardize.ts';
import type { Standardize } from './rules/standardize.ts';
import { volumeConvolution } from './rules/volume-convolution.ts';
import type { VolumeConvolution } from './rules/volume-convolution.ts';

/** Inputs, options and result of every operation, by name. */
export interface Operations {
  readonly add: Arithmetic;
  readonly subtract: Arithmetic;
  readonly multiply: Arithmetic;
  readonly divide: Arithmetic;
  readonly relu: Function1;
  readonly sigmoid: Function1;
  readonly tanh: Function1;
  readonly exp: Function1;
  readonly log: Function1;
  readonly sqrt: Function1;
  readonly cast: Cast;
  readonly normalizeClip: NormalizeClip;
  readonly pickFrames: PickFrames;
  readonly concatChannels: ConcatChannels;
  readonly pointwiseConvolution: PointwiseConvolution;
  readonly spatialConvolution: SpatialConvolution;
  readonly temporalConvolution: TemporalConvolution;
  readonly stemConvolution: StemConvolution;
  readonly channelBias: ChannelBias;
  readonly batchNorm: BatchNorm;
  readonly spatialMaxPool: SpatialMaxPool;
  readonly temporalMaxPool: TemporalMaxPool;
  readonly pairMaxPool: PairMaxPool;
  readonly attention: Attention;
  readonly meanPool: MeanPool;
  readonly linear: Linear;
  readonly softmaxCrossEntropy: Loss;
  readonly binaryCrossEntropy: Loss;
  readonly maximum: Arithmetic;
  readonly minimum: Arithmetic;
  readonly erf: Function1;
  readonly absolute: Function1;
  readonly negate: Function1;
  readonly reciprocal: Function1;
  readonly softplus: Function1;
  readonly sine: Function1;
  readonly cosine: Function1;
  readonly power: Power;
  readonly clamp: Clamp;
  readonly select: Select;
  readonly reshape: Reshape;
  readonly transpose: Transpose;
  readonly expand: Expand;
  readonly pad: Pad;
  readonly slice: Slice;
  readonly concat: Concat;
  readonly gather: Gather;
  readonly resample: Resample;
  readonly sumOver: FoldAxes;
  readonly meanOver: FoldAxes;
  readonly matrixMultiply: MatrixMultiply;
  readonly softmax: Softmax;
  readonly logSoftmax: Softmax;
  readonly layerNorm: LayerNorm;
  readonly standardize: Standardize;
  readonly convolution: Convolution;
  readonly volumeConvolution: VolumeConvolution;
  readonly axisMaxPool: AxisPool;
  readonly axisSumPool: AxisPool;
}

export type OperationName = keyof Operations;

export const RULES: { readonly [Name in OperationName]: Rule<Operations[Name]> } = Object.freeze({
  add,
  subtract,
  multiply,
  divide,
  relu,
  sigmoid,
  tanh,
  exp,
  log,
  sqrt,
  cast,
  normalizeClip,
  pickFrames,
  concatChannels,
  pointwiseConvolution,
  spatialConvolution,
  temporalConvolution,
  stemConvolution,
  channelBias,
  batchNorm,
  spatialMaxPool,
  temporalMaxPool,
  pairMaxPool,
  attention,
  meanPool,
  linear,
  softmaxCrossEntropy,
  binaryCrossEntropy,
  maximum,
  minimum,
  erf,
  absolute,
  negate,
  reciprocal,
  softplus,
  sine,
  cosine,
  power,
  clamp,
  select,
  reshape,
  transpose,
  expand,
  pad,
  slice,
  concat,
  gather,
  resample,
  sumOver,
  meanOver,
  matrixMultiply,
  softmax,
  logSoftmax,
  layerNorm,
  standardize,
  convolution,
  volumeConvolution,
  axisMaxPool,
  axisSumPool,
});
