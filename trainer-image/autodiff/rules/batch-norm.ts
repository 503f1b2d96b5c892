/**
 * Batch normalisation over groups of clips, each group with statistics of its own (plain batch norm: one group). In:
 * activations `[C, N, T, H, W]`, gamma and beta `[C]`. Out: the normalised activations, and mean and biased variance of
 * every group, group-major `[groups * C]`. In the layout `[C, N, ...]` a group of clips is one contiguous run of every
 * channel, so groups are just more channels and cost nothing. Gamma, beta and the statistics are float32; x may be float16.
 *
 * Where groups span workers, what lies here are pieces of groups. Statistics of a piece are exchanged for those of the whole group,
 * and so are the two means of the backward pass; gradients by gamma and beta stay this worker's part.
 */
import { add, binary, cast, multiply, subtract, unary } from '../../graph/elementwise.ts';
import { exchange } from '../../graph/exchange.ts';
import type { Graph } from '../../graph/graph.ts';
import { batchNormalization } from '../../graph/normalize.ts';
import { meanOfRowProducts } from '../../graph/product.ts';
import { reduce } from '../../graph/reduce.ts';
import { dimsOfRank5, elementCount, GraphShapeError } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { expand, reshape, transpose } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';

export interface BatchNorm {
  readonly inputs: readonly [x: Value, gamma: Value, beta: Value];
  readonly options: {
    /** Groups among the clips; divides N. Clip i belongs to group floor(i / (N / groups)). */
    readonly groups: number;
    readonly epsilon: number;
    /** Clips of a whole group, where groups span workers and those here are pieces of them. */
    readonly spanningClips?: number | undefined;
  };
  readonly result: Result & {
    /** `[groups * C]`, group-major; of a piece, those of its whole group. */
    readonly mean: Value;
    /** Biased, `[groups * C]`, group-major. */
    readonly variance: Value;
    /** Values behind one channel of one group. */
    readonly valuesPerGroup: number;
  };
}

/** All axes but that of channels and groups. */
const INSIDE_ROW = [0, 2, 3, 4];

export const batchNorm: Rule<BatchNorm> = (graph, inputs, options) => normalize(graph, inputs, options);

/** @param agreed - mean and variance of the whole groups, `[rows]`, where they are known already */
function normalize(
  graph: Graph,
  [x, gamma, beta]: BatchNorm['inputs'],
  options: BatchNorm['options'],
  agreed?: readonly [mean: Value, variance: Value],
): BatchNorm['result'] {
  const { groups, epsilon, spanningClips } = options;
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'batchNorm');
  if (clips % groups !== 0) {
    throw new GraphShapeError(`batchNorm: ${clips} clips cannot be split into ${groups} groups of one size`);
  }
  const rows = channels * groups;
  const valuesPerRow = elementCount(x.dims) / rows;
  // Groups are channels of their own; with one group this is the form convolutions work on.
  const grouped = [1, rows, (clips * frames) / groups, height, width];
  // Statistics and the normalisation itself are float32 whatever x is: sums of squares overflow float16.
  const flat = reshape(graph, cast(graph, x, 'float32'), grouped);
  const columnOfMeans = reduce(graph, 'ReduceMean', flat, { axes: [2, 3, 4], keepAxes: true });
  // Two passes: the one-pass form E[x²] - E[x]² loses digits that the gradients then miss. Not the operator's training
  // mode: it leaves its statistics in its inputs, which ONNX Runtime folds into initialisers shared by nodes and runs.
  const centred = subtract(graph, flat, columnOfMeans);
  const localVariance = meanOfRowProducts(graph, centred, centred, rows);
  const localMean = reshape(graph, columnOfMeans, [rows]);
  const isSpanning = spanningClips !== undefined;
  const [mean, variance] =
    agreed ??
    (isSpanning ? exchange(graph, 'moments', [localMean, localVariance]) : [localMean, localVariance]);
  const zero = graph.constant(new Float32Array(rows), [rows]);
  // From the mean of the values here to that of the group.
  const shift = isSpanning ? subtract(graph, mean, localMean) : zero;
  const scale = perRow(graph, gamma, groups);
  const bias = perRow(graph, beta, groups);
  const normalized = batchNormalization(graph, centred, { scale, bias, mean: shift, variance }, epsilon);
  // What the backward pass needs is kept in the type of x.
  const kept = cast(graph, centred, x.type);
  return {
    output: reshape(graph, cast(graph, normalized, x.type), x.dims),
    mean: groupMajor(graph, mean, channels, groups),
    variance: groupMajor(graph, variance, channels, groups),
    valuesPerGroup: isSpanning ? (spanningClips * elementCount(x.dims)) / channels / clips : valuesPerRow,
    ...(isSpanning && {
      again: ([sameX = x, sameGamma = gamma, sameBeta = beta]) =>
        normalize(graph, [sameX, sameGamma, sameBeta], options, [mean, variance]),
    }),
    derivative: (gradient) => {
      const dy = reshape(graph, cast(graph, gradient, 'float32'), grouped);
      const distance = cast(graph, kept, 'float32');
      const localShare = reduce(graph, 'ReduceMean', dy, { axes: INSIDE_ROW });
      const fromLocal = meanOfRowProducts(graph, dy, distance, rows);
      const localCovariance = isSpanning
        ? subtract(graph, fromLocal, multiply(graph, shift, localShare))
        : fromLocal;
      const [share, covariance] = isSpanning
        ? exchange(graph, 'means', [localShare, localCovariance])
        : [localShare, localCovariance];
      const deviation = unary(graph, 'Sqrt', add(graph, variance, graph.scalar(epsilon)));
      const slope = binary(graph, 'Div', covariance, deviation);
      const values = graph.scalar(valuesPerRow);
      // dx = gamma / deviation * (dy - mean(dy) - (x - mean) * slope / deviation): one fused pass each for dy and x.
      const ofGradient = { scale, bias: zero, mean: share, variance };
      const ofInput = {
        scale: multiply(graph, scale, binary(graph, 'Div', slope, deviation)),
        bias: zero,
        mean: shift,
        variance,
      };
      const byInput = subtract(
        graph,
        batchNormalization(graph, dy, ofGradient, epsilon),
        batchNormalization(graph, distance, ofInput, epsilon),
      );
      const localSlope = binary(graph, 'Div', localCovariance, deviation);
      return [
        reshape(graph, cast(graph, byInput, x.type), x.dims),
        multiply(graph, overGroups(graph, localSlope, channels, groups), values),
        multiply(graph, overGroups(graph, localShare, channels, groups), values),
      ];
    },
  };
}

/** `[C]` repeated for every group, `[C * groups]`. */
function perRow(graph: Graph, parameter: Value, groups: number): Value {
  const channels = parameter.dims[0]!;
  const repeated = expand(graph, reshape(graph, parameter, [channels, 1]), [channels, groups]);
  return reshape(graph, repeated, [channels * groups]);
}

/** Rows `[C * groups]` summed over the groups, `[C]`. */
function overGroups(graph: Graph, rows: Value, channels: number, groups: number): Value {
  return groups === 1
    ? rows
    : reduce(graph, 'ReduceSum', reshape(graph, rows, [channels, groups]), { axes: [1] });
}

/** Rows `[C * groups]` in the order groups keep outside the graph, `[groups * C]`. */
function groupMajor(graph: Graph, rows: Value, channels: number, groups: number): Value {
  if (groups === 1) {
    return reshape(graph, rows, [channels]);
  }
  return reshape(graph, transpose(graph, reshape(graph, rows, [channels, groups]), [1, 0]), [rows.dims[0]!]);
}
