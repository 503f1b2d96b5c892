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

/** All axes but that of channels and groups. */
const INSIDE_ROW = [0, 2, 3, 4];

export const batchNorm: Rule<BatchNorm> = (graph, [x, gamma, beta], { groups, epsilon }) => {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'batchNorm');
  if (clips % groups !== 0) {
    throw new GraphShapeError(`batchNorm: ${clips} clips cannot be split into ${groups} groups of one size`);
  }
  const rows = channels * groups;
  const valuesPerGroup = elementCount(x.dims) / rows;
  // Groups are channels of their own; with one group this is the form convolutions work on.
  const grouped = [1, rows, (clips * frames) / groups, height, width];
  const flat = reshape(graph, x, grouped);
  const mean = reduce(graph, 'ReduceMean', flat, { axes: [2, 3, 4], keepAxes: true });
  // Two passes: the one-pass form E[x²] - E[x]² loses digits that the gradients then miss.
  const centred = subtract(graph, flat, mean);
  const variance = reduce(graph, 'ReduceMean', multiply(graph, centred, centred), { axes: INSIDE_ROW });
  const scale = perRow(graph, gamma, groups);
  const zero = constantRow(graph, rows, 0);
  const normalized = batchNormalization(
    graph,
    centred,
    { scale, bias: perRow(graph, beta, groups), mean: zero, variance },
    epsilon,
  );
  return {
    output: reshape(graph, normalized, x.dims),
    mean: groupMajor(graph, reshape(graph, mean, [rows]), channels, groups),
    variance: groupMajor(graph, variance, channels, groups),
    valuesPerGroup,
    derivative: (gradient) => {
      const dy = reshape(graph, gradient, grouped);
      const inverse = unary(
        graph,
        'Reciprocal',
        unary(graph, 'Sqrt', add(graph, variance, graph.scalar(epsilon))),
      );
      const sumOfGradient = reduce(graph, 'ReduceSum', dy, { axes: INSIDE_ROW });
      const sumOfProduct = reduce(graph, 'ReduceSum', multiply(graph, dy, centred), { axes: INSIDE_ROW });
      const byScale = multiply(graph, sumOfProduct, inverse);
      // dx = a (dy - mean(dy) - centred * inverse² * mean(dy * centred)) with a = gamma * inverse
      const a = multiply(graph, scale, inverse);
      const minusShare = multiply(graph, a, graph.scalar(-1 / valuesPerGroup));
      const correction = batchNormalization(
        graph,
        centred,
        {
          scale: multiply(graph, minusShare, multiply(graph, byScale, inverse)),
          bias: multiply(graph, minusShare, sumOfGradient),
          mean: zero,
          variance: constantRow(graph, rows, 1),
        },
        0,
      );
      const scaled = multiply(graph, dy, reshape(graph, a, [1, rows, 1, 1, 1]));
      return [
        reshape(graph, binary(graph, 'Add', scaled, correction), x.dims),
        overGroups(graph, byScale, channels, groups),
        overGroups(graph, sumOfGradient, channels, groups),
      ];
    },
  };
};

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
