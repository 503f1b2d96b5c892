/**
 * Batch normalisation over groups of clips, each group with statistics of its own (plain batch norm: one group). In:
 * activations `[C, N, T, H, W]`, gamma and beta `[C]`. Out: the normalised activations, and mean and biased variance of
 * every group, group-major `[groups * C]`. In the layout `[C, N, ...]` a group of clips is one contiguous run of every
 * channel, so groups are just more channels and cost nothing.
 */
import { add, binary, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { batchNormalization } from '../../graph/normalize.ts';
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
  };
  readonly result: Result & {
    /** `[groups * C]`, group-major. */
    readonly mean: Value;
    /** Biased, `[groups * C]`, group-major. */
    readonly variance: Value;
    /** Values behind one channel of one group. */
    readonly valuesPerGroup: number;
  };
}

export const batchNorm: Rule<BatchNorm> = (graph, [x, gamma, beta], { groups, epsilon }) => {
  const [channels, clips] = dimsOfRank5(x, 'batchNorm');
  if (clips % groups !== 0) {
    throw new GraphShapeError(`batchNorm: ${clips} clips cannot be split into ${groups} groups of one size`);
  }
  const rows = channels * groups;
  const valuesPerGroup = elementCount(x.dims) / rows;
  const flat = reshape(graph, x, [rows, valuesPerGroup]);
  const mean = reduce(graph, 'ReduceMean', flat, { axes: [1], keepAxes: true });
  // Two passes: the one-pass form E[x²] - E[x]² loses digits that the gradients then miss.
  const centred = subtract(graph, flat, mean);
  const squares = reduce(graph, 'ReduceSumSquare', centred, { axes: [1] });
  const share = graph.scalar(1 / valuesPerGroup);
  const variance = multiply(graph, squares, share);
  const scale = perRow(graph, gamma, groups);
  const fixed = { mean: constantRow(graph, rows, 0), epsilon };
  const normalized = channelwise(graph, centred, {
    scale,
    bias: perRow(graph, beta, groups),
    variance,
    ...fixed,
  });
  return {
    output: reshape(graph, normalized, x.dims),
    mean: groupMajor(graph, mean, channels, groups),
    variance: groupMajor(graph, variance, channels, groups),
    valuesPerGroup,
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, [rows, valuesPerGroup]);
      const inverse = unary(
        graph,
        'Reciprocal',
        unary(graph, 'Sqrt', add(graph, variance, graph.scalar(epsilon))),
      );
      const sumOfGradient = reduce(graph, 'ReduceSum', dy, { axes: [1] });
      const sumOfProduct = reduce(graph, 'ReduceSum', multiply(graph, dy, centred), { axes: [1] });
      const byScale = multiply(graph, sumOfProduct, inverse);
      // dx = a (dy - mean(dy) - centred * inverse² * mean(dy * centred)) with a = gamma * inverse
      const a = multiply(graph, scale, inverse);
      const minusShare = multiply(graph, a, graph.scalar(-1 / valuesPerGroup));
      const correction = channelwise(graph, centred, {
        scale: multiply(graph, minusShare, multiply(graph, byScale, inverse)),
        bias: multiply(graph, minusShare, sumOfGradient),
        mean: fixed.mean,
        variance: constantRow(graph, rows, 1),
        epsilon: 0,
      });
      const scaled = multiply(graph, dy, reshape(graph, a, [rows, 1]));
      return [
        reshape(graph, binary(graph, 'Add', scaled, correction), x.dims),
        overGroups(graph, byScale, channels, groups),
        overGroups(graph, sumOfGradient, channels, groups),
      ];
    },
  };
};

interface RowStatistics {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly epsilon: number;
}

/** Scale and shift of every row of a matrix in one pass over it. */
function channelwise(graph: Graph, x: Value, { epsilon, ...statistics }: RowStatistics): Value {
  const stacked = reshape(graph, x, [1, ...x.dims]);
  return reshape(graph, batchNormalization(graph, stacked, statistics, epsilon), x.dims);
}

function constantRow(graph: Graph, length: number, value: number): Value {
  return graph.constant(new Float32Array(length).fill(value), [length]);
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
