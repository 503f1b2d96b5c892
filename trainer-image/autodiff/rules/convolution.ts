/**
 * Convolution of any kind: one to three axes of space, any strides, paddings, distances between taps, groups (depthwise
 * included). In: activations `[N, Ci, ...space]` and weights `[Co, Ci / groups, ...kernel]`. Out: `[N, Co, ...space']`.
 * The forms that networks are mostly made of have faster rules of their own; this one is for the rest. Both gradients are
 * made of forward convolutions, products and sums: the transposed convolution of three axes is slow on a CPU.
 */
import { multiply } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct, stackedProduct } from '../../graph/product.ts';
import { elementCount, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, slice, transpose } from '../../graph/view.ts';
import { convolve } from '../../graph/window.ts';
import type { Operation, Rule } from '../rule.ts';
import { placeFrames } from './frame-shifts.ts';

export type Convolution = Operation<
  readonly [x: Value, weights: Value],
  {
    /** One number per axis of space, as in every list here. */
    readonly strides: readonly number[];
    readonly padsBefore: readonly number[];
    readonly padsAfter: readonly number[];
    /** Distance between neighbouring taps. */
    readonly dilations: readonly number[];
    readonly groups: number;
  }
>;

type Options = Convolution['options'];

export const convolution: Rule<Convolution> = (graph, [x, weights], options) => ({
  output: convolve(graph, x, weights, options),
  derivative: (gradient) => {
    const isDense = options.strides.every((stride) => stride === 1);
    const byInput = isDense ? denseInputGradient : stridedInputGradient;
    return [
      byInput(graph, gradient, { x, weights, options }),
      weightGradient(graph, gradient, { x, weights, options }),
    ];
  },
});

interface Operands {
  readonly x: Value;
  readonly weights: Value;
  readonly options: Options;
}

/** Stride 1: the convolution of the gradient with the kernel turned around, channels swapped inside every group. */
function denseInputGradient(graph: Graph, gradient: Value, { x, weights, options }: Operands): Value {
  const { groups, padsBefore, dilations } = options;
  const kernel = weights.dims.slice(2);
  const [outputChannels, perGroup] = [weights.dims[0]!, weights.dims[1]!];
  const taps = elementCount(kernel);
  const rows = reshape(graph, weights, [outputChannels * perGroup, taps]);
  const turned = reshape(graph, matrixProduct(graph, rows, reversal(graph, taps, weights)), [
    groups,
    outputChannels / groups,
    perGroup,
    taps,
  ]);
  const swapped = reshape(graph, transpose(graph, turned, [0, 2, 1, 3]), [
    groups * perGroup,
    outputChannels / groups,
    ...kernel,
  ]);
  const before = kernel.map((length, axis) => dilations[axis]! * (length - 1) - padsBefore[axis]!);
  const after = kernel.map((length, axis) => {
    const reach = dilations[axis]! * (length - 1);
    return x.dims[axis + 2]! - gradient.dims[axis + 2]! - before[axis]! + reach;
  });
  // A padding wider than the kernel's reach makes positions that no element of x is seen from.
  const seen = cropped(graph, gradient, before, after);
  return convolve(graph, seen, swapped, {
    strides: kernel.map(() => 1),
    padsBefore: before.map((length) => Math.max(length, 0)),
    padsAfter: after.map((length) => Math.max(length, 0)),
    dilations,
    groups,
  });
}

function cropped(graph: Graph, x: Value, before: readonly number[], after: readonly number[]): Value {
  const ranges = before.map((length, axis) => ({
    axis: axis + 2,
    start: Math.max(-length, 0),
    end: x.dims[axis + 2]! - Math.max(-after[axis]!, 0),
  }));
  return slice(graph, x, ranges);
}

/** The matrix that turns a row of taps around. */
function reversal(graph: Graph, taps: number, weights: Value): Value {
  const ones = new Array<number>(taps * taps).fill(0);
  for (let tap = 0; tap < taps; tap += 1) {
    ones[tap * taps + taps - 1 - tap] = 1;
  }
  return graph.floats(ones, [taps, taps], floatType(weights));
}

/**
 * Longer strides: what every tap gets back, `[Ci * taps, positions]` by one product, put where the tap saw it, one axis
 * after the other. Positions that are a stride apart never meet, so nothing is multiplied by zeros.
 */
function stridedInputGradient(graph: Graph, gradient: Value, { x, weights, options }: Operands): Value {
  const { groups, strides, padsBefore, dilations } = options;
  const kernel = weights.dims.slice(2);
  const space = gradient.dims.slice(2);
  const [clips, channels] = [x.dims[0]!, x.dims[1]!];
  let stack = tapGradients(graph, swapFirst(graph, gradient), weights, groups);
  // Axes from the last to the first: rows are [Ci, taps of the axes before], columns [N, axes before, this axis, done].
  let done = 1;
  for (let axis = kernel.length - 1; axis >= 0; axis -= 1) {
    const rows = channels * elementCount(kernel.slice(0, axis));
    const outside = clips * elementCount(space.slice(0, axis));
    const frames = x.dims[axis + 2]!;
    const taps = reshape(graph, stack, [rows, kernel[axis]!, outside, space[axis]!, done]);
    stack = placeFrames(graph, taps, {
      length: kernel[axis]!,
      stride: strides[axis]!,
      padding: padsBefore[axis]!,
      dilation: dilations[axis]!,
      frames,
    });
    done *= frames;
  }
  return swapFirst(graph, reshape(graph, stack, [channels, clips, ...x.dims.slice(2)]));
}

/** `[Ci * taps, P]` of dy `[Co, N, ...]`. */
function tapGradients(graph: Graph, dy: Value, weights: Value, groups: number): Value {
  const [outputs, inputs] = [weights.dims[0]! / groups, weights.dims[1]!];
  const rows = elementCount(weights.dims.slice(1));
  const positions = elementCount(dy.dims) / dy.dims[0]!;
  if (inputs === 1 && outputs === 1) {
    const taps = reshape(graph, weights, [groups, rows, 1]);
    return multiply(graph, taps, reshape(graph, dy, [groups, 1, positions]));
  }
  const matrices = reshape(graph, weights, [groups, outputs, rows]);
  const columns = reshape(graph, dy, [groups, outputs, positions]);
  return stackedProduct(graph, matrices, columns, { transposeA: true });
}

/**
 * A convolution with the roles exchanged: clips are the channels summed over, the gradient is the kernel, its taps a
 * stride apart, and the positions that come out are the taps of the weights.
 */
function weightGradient(graph: Graph, gradient: Value, { x, weights, options }: Operands): Value {
  const { groups, strides, padsBefore, dilations } = options;
  const kernel = weights.dims.slice(2);
  const [clips, outputChannels, perGroup] = [x.dims[0]!, weights.dims[0]!, weights.dims[1]!];
  const space = x.dims.slice(2);
  const images = reshape(
    graph,
    transpose(graph, reshape(graph, x, [clips, groups, perGroup, elementCount(space)]), [2, 1, 0, 3]),
    [perGroup, groups * clips, ...space],
  );
  const after = kernel.map((length, axis) => {
    const reach = strides[axis]! * (gradient.dims[axis + 2]! - 1);
    return reach + dilations[axis]! * (length - 1) + 1 - space[axis]! - padsBefore[axis]!;
  });
  // Elements after the last one that any tap saw.
  const seen = slice(
    graph,
    images,
    space.map((length, axis) => ({ axis: axis + 2, start: 0, end: length + Math.min(after[axis]!, 0) })),
  );
  const correlated = convolve(graph, seen, swapFirst(graph, gradient), {
    strides: dilations,
    padsBefore,
    padsAfter: after.map((length) => Math.max(length, 0)),
    dilations: strides,
    groups,
  });
  const byInput = reshape(graph, correlated, [perGroup, outputChannels, elementCount(kernel)]);
  return reshape(graph, transpose(graph, byInput, [1, 0, 2]), weights.dims);
}

/** `[A, B, ...]` to `[B, A, ...]`. */
function swapFirst(graph: Graph, x: Value): Value {
  const [a, b] = [x.dims[0]!, x.dims[1]!];
  const dims = [b, a, ...x.dims.slice(2)];
  return a === 1 || b === 1
    ? reshape(graph, x, dims)
    : transpose(graph, x, [1, 0, ...x.dims.slice(2).map((_, axis) => axis + 2)]);
}
