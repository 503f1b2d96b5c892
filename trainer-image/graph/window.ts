/**
 * Operators that slide a window over the axes after the first two: convolution and max pooling. In: a graph and values
 * of layout `[batch, channels, ...space]`. Out: one value of that layout.
 */
import type { Graph } from './graph.ts';
import { int, ints } from './node.ts';
import { axisLength, formatDims, GraphShapeError } from './value.ts';
import type { Value } from './value.ts';

export interface WindowOptions {
  /** Step of the window, one number per spatial axis. */
  readonly strides: readonly number[];
  /** Zeros (convolution) or minus infinity (pooling) before and after each spatial axis. */
  readonly padsBefore: readonly number[];
  readonly padsAfter: readonly number[];
  /** Distance between the taps of the window, one number per spatial axis; 1 when left out. */
  readonly dilations?: readonly number[];
}

export interface ConvolveOptions extends WindowOptions {
  /** Channels are split into this many groups that do not see each other; 1 when left out. */
  readonly groups?: number;
}

/**
 * Cross-correlation of x `[batch, Ci, ...space]` with weights `[Co, Ci / groups, ...kernel]`, plus an optional bias
 * `[Co]`.
 *
 * @throws GraphShapeError when channels differ or the window is larger than the padded input.
 */
export function convolve(
  graph: Graph,
  x: Value,
  weights: Value,
  options: ConvolveOptions,
  bias?: Value,
): Value {
  const { groups = 1 } = options;
  if (axisLength(x, 1) !== groups * axisLength(weights, 1) || axisLength(weights, 0) % groups !== 0) {
    throw new GraphShapeError(
      `Conv: input ${formatDims(x.dims)} has other channels than weights ${formatDims(weights.dims)} in ${groups} groups`,
    );
  }
  const kernel = weights.dims.slice(2);
  return graph.emit({
    operator: 'Conv',
    inputs: bias === undefined ? [x, weights] : [x, weights, bias],
    attributes: { ...windowAttributes(kernel, options), ...(groups === 1 ? {} : { group: int(groups) }) },
    type: x.type,
    dims: [axisLength(x, 0), axisLength(weights, 0), ...outputLengths('Conv', x, kernel, options)],
  });
}

/**
 * The transpose of `convolve`: what a convolution with these weights and options gives back to its input x. `y` has the
 * layout of that convolution's output, `[batch, Co, ...space]`.
 *
 * @param space Lengths of x's spatial axes: several give the same y.
 * @throws GraphShapeError when y is not what the convolution makes of such an x.
 */
export function convolveTransposed(
  graph: Graph,
  y: Value,
  weights: Value,
  options: WindowOptions & { readonly space: readonly number[] },
): Value {
  const kernel = weights.dims.slice(2);
  const { strides, padsBefore, padsAfter, space } = options;
  const outputPadding = space.map(
    (length, axis) =>
      length -
      (strides[axis]! * (axisLength(y, axis + 2) - 1) + kernel[axis]! - padsBefore[axis]! - padsAfter[axis]!),
  );
  if (outputPadding.some((length, axis) => length < 0 || length >= strides[axis]!)) {
    throw new GraphShapeError(
      `ConvTranspose: ${y.name} with dims ${formatDims(y.dims)} is no convolution of ${formatDims(space)}`,
    );
  }
  return graph.emit({
    operator: 'ConvTranspose',
    inputs: [y, weights],
    attributes: { ...windowAttributes(kernel, options), output_padding: ints(outputPadding) },
    type: y.type,
    dims: [axisLength(y, 0), axisLength(weights, 1), ...space],
  });
}

/**
 * Largest element under each window.
 *
 * @throws GraphShapeError when the window is larger than the padded input.
 */
export function maxPool(graph: Graph, x: Value, kernel: readonly number[], options: WindowOptions): Value {
  return graph.emit({
    operator: 'MaxPool',
    inputs: [x],
    attributes: windowAttributes(kernel, options),
    type: x.type,
    dims: [axisLength(x, 0), axisLength(x, 1), ...outputLengths('MaxPool', x, kernel, options)],
  });
}

/** Positions of a window along an axis: floor((length + pads - kernel) / stride) + 1. */
export function windowPositions(
  length: number,
  window: { readonly kernel: number; readonly stride: number; readonly pads: number },
): number {
  return Math.floor((length + window.pads - window.kernel) / window.stride) + 1;
}

function windowAttributes(
  kernel: readonly number[],
  options: WindowOptions,
): NonNullable<Parameters<Graph['emit']>[0]['attributes']> {
  return {
    kernel_shape: ints(kernel),
    strides: ints(options.strides),
    pads: ints([...options.padsBefore, ...options.padsAfter]),
    dilations: ints(options.dilations ?? kernel.map(() => 1)),
  };
}

function outputLengths(
  operator: string,
  x: Value,
  kernel: readonly number[],
  options: WindowOptions,
): readonly number[] {
  return x.dims.slice(2).map((length, axis) => {
    const pads = options.padsBefore[axis]! + options.padsAfter[axis]!;
    const reach = (kernel[axis]! - 1) * (options.dilations?.[axis] ?? 1) + 1;
    const positions = windowPositions(length, { kernel: reach, stride: options.strides[axis]!, pads });
    if (positions < 1) {
      throw new GraphShapeError(
        `${operator}: window ${formatDims(kernel)} does not fit into ${x.name} with dims ${formatDims(x.dims)}`,
      );
    }
    return positions;
  });
}
