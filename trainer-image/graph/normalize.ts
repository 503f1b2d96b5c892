/**
 * Operators that rescale whole rows or channels: batch normalisation with given statistics, softmax. In: a graph and
 * values. Out: a value of the input's shape.
 */
import type { Graph } from './graph.ts';
import { float, int } from './node.ts';
import { axisLength, formatDims, GraphShapeError, sameDims } from './value.ts';
import type { Value } from './value.ts';

export interface ChannelStatistics {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/**
 * `scale * (x - mean) / sqrt(variance + epsilon) + bias` in one pass, each `[channels]`, channels on axis 1 of x.
 *
 * @throws GraphShapeError when one of the four does not have x's channels.
 */
export function batchNormalization(
  graph: Graph,
  x: Value,
  statistics: ChannelStatistics,
  epsilon: number,
): Value {
  const { scale, bias, mean, variance } = statistics;
  requireChannels(x, [scale, bias, mean, variance]);
  return graph.emit({
    operator: 'BatchNormalization',
    inputs: [x, scale, bias, mean, variance],
    attributes: { epsilon: float(epsilon) },
    type: x.type,
    dims: x.dims,
  });
}

/** Softmax or its logarithm over one axis, the last when none is named. */
export function softmax(graph: Graph, operator: 'Softmax' | 'LogSoftmax', x: Value, axis = -1): Value {
  return graph.emit({ operator, inputs: [x], attributes: { axis: int(axis) }, type: x.type, dims: x.dims });
}

function requireChannels(x: Value, values: readonly Value[]): void {
  for (const value of values) {
    if (!sameDims(value.dims, [axisLength(x, 1)])) {
      throw new GraphShapeError(
        `BatchNormalization of ${formatDims(x.dims)}: ${value.name} has dims ${formatDims(value.dims)}`,
      );
    }
  }
}
