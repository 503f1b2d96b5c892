/**
 * Means and sums over axes, and pooling. In: nodes like ReduceMean, GlobalAveragePool, MaxPool. Out: the same on
 * our tape. Windows over several axes are pooled one axis after the other.
 */
import type { OperationName } from '../../../autodiff/rules.ts';
import { formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import { windowPositions } from '../../../graph/window.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';
import { folded, reduction, total } from './reduction.ts';
import type { Fold } from './reduction.ts';
import { readWindow } from './window.ts';

/** Sums or means; over no axes everything stays as it is. */
const sumOrMean =
  (operation: Extract<OperationName, 'sumOver' | 'meanOver'>): Fold =>
  (walk, x, options) =>
    options.axes.length === 0 ? x : walk.apply(operation, [x], options).output;

/** Maximum over whole axes. */
export const maximumOver: Fold = (walk, x, { axes, keepAxes }) => {
  const pooled = axes.reduce((part, axis) => {
    const length = part.dims[axis]!;
    return walk.apply('axisMaxPool', [part], { axis, length, stride: length, before: 0, after: 0 }).output;
  }, x);
  const dims = pooled.dims.filter((_, axis) => keepAxes || !axes.includes(axis));
  return walk.apply('reshape', [pooled], { dims }).output;
};

interface PoolWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The window of a pooling node; `ceil_mode` adds what the last window reaches over the end. */
function poolWindow(node: NodeReader, x: Operand): PoolWindow {
  const space = dimsOf(x).slice(2);
  const kernel = node.ints('kernel_shape') ?? [];
  if (kernel.length !== space.length) {
    throw node.refuse(`kernel_shape ${formatDims(kernel)} does not fit ${formatDims(dimsOf(x))}`);
  }
  const window = readWindow(node, { kernel, space });
  if (window.dilations.some((dilation) => dilation !== 1)) {
    throw node.refuse('dilations other than 1 are not supported in pooling');
  }
  const after = window.padsAfter.map((pads, axis) => {
    if (node.int('ceil_mode', 0) === 0) {
      return pads;
    }
    const [length, stride, before] = [space[axis]!, window.strides[axis]!, window.padsBefore[axis]!];
    const positions = Math.ceil((length + before + pads - kernel[axis]!) / stride) + 1;
    // A window that would start behind the axis is left out.
    const used = (positions - 1) * stride >= length + before ? positions - 1 : positions;
    return Math.max(pads, (used - 1) * stride + kernel[axis]! - length - before);
  });
  return { kernel, strides: window.strides, before: window.padsBefore, after };
}

function poolAlong(
  walk: Walk,
  operation: Extract<OperationName, 'axisMaxPool' | 'axisSumPool'>,
  x: Value,
  window: PoolWindow,
): Value {
  return window.kernel.reduce((part, length, index) => {
    const options = {
      axis: index + 2,
      length,
      stride: window.strides[index]!,
      before: window.before[index]!,
      after: window.after[index]!,
    };
    const isNothing = length === 1 && options.stride === 1 && options.before + options.after === 0;
    return isNothing ? part : walk.apply(operation, [part], options).output;
  }, x);
}

/** 2 x 1 x 1 and 1 x 3 x 3 with stride 2 are pooled by the rules that the zoo uses. */
const maxPool: Handler = {
  limits: 'without Indices; dilations 1',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const window = poolWindow(node, x);
    const layout = ownLayout(x);
    const value = walk.value(x, layout);
    const form = [window.kernel, window.strides, window.before, window.after]
      .map((list) => list.join())
      .join(' ');
    if (form === '1,3,3 1,2,2 0,1,1 0,1,1') {
      return [computed(walk.apply('spatialMaxPool', [value], {}).output, layout)];
    }
    if (form === '2,1,1 2,1,1 0,0,0 0,0,0') {
      return [computed(walk.apply('temporalMaxPool', [value], {}).output, layout)];
    }
    return [computed(poolAlong(walk, 'axisMaxPool', value, window), layout)];
  },
};

const averagePool: Handler = {
  limits: 'dilations 1',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const window = poolWindow(node, x);
    const layout = ownLayout(x);
    const summed = poolAlong(walk, 'axisSumPool', walk.value(x, layout), window);
    const isPaddingCounted = node.int('count_include_pad', 0) === 1;
    const scaled = window.kernel.reduce((part, length, index) => {
      const counts = countsAlong(dimsOf(x)[index + 2]!, window, { index, isPaddingCounted });
      const shares = counts.map((count) => 1 / count);
      const dims = part.dims.map((_, axis) => (axis === index + 2 ? shares.length : 1));
      const factor = walk.value(
        { kind: 'known', tensor: { type: 'float', dims, data: Float64Array.from(shares) } },
        'asWritten',
      );
      return length === 1 ? part : walk.apply('multiply', [part, factor], {}).output;
    }, summed);
    return [computed(scaled, layout)];
  },
};

/** Elements of x, or of x with its padding, under every position of the window along one axis. */
function countsAlong(
  length: number,
  { kernel, strides, before, after }: PoolWindow,
  { index, isPaddingCounted }: { readonly index: number; readonly isPaddingCounted: boolean },
): readonly number[] {
  const [taps, stride] = [kernel[index]!, strides[index]!];
  const pads = before[index]! + after[index]!;
  const positions = windowPositions(length, { kernel: taps, stride, pads });
  return Array.from({ length: positions }, (_, position) => {
    const start = position * stride - before[index]!;
    const inside = Math.min(start + taps, length) - Math.max(start, 0);
    return isPaddingCounted ? taps : inside;
  });
}

/** Over all axes of space. */
function global(fold: Fold): Handler {
  return {
    limits: '',
    differentiable: [0],
    emit: (walk, node, inputs) => {
      const x = required(node, inputs, 0);
      const axes = dimsOf(x).flatMap((_, axis) => (axis > 1 ? [axis] : []));
      return [folded(walk, x, { axes, keepAxes: true }, fold)];
    },
  };
}

export const reductions = {
  ReduceMean: reduction(sumOrMean('meanOver'), (numbers) => total(numbers) / numbers.length),
  ReduceSum: reduction(sumOrMean('sumOver'), total),
  GlobalAveragePool: global(sumOrMean('meanOver')),
  GlobalMaxPool: global(maximumOver),
  MaxPool: maxPool,
  AveragePool: averagePool,
} satisfies Readonly<Record<string, Handler>>;
