/**
 * Conv. In: a node on the clip or on activations. Out: the operation of ours that fits its kernel: the fast rules of the
 * zoo's networks where they apply, in the layout `[C, N, ...]`, the general rule for everything else. A bias that is known
 * to be zero is left out.
 */
import type { Value } from '../../../graph/value.ts';
import { formatDims } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import type { Layout, Operand } from '../operand.ts';
import { required } from './elementwise.ts';
import { readWindow } from './window.ts';
import type { Window } from './window.ts';

/** A convolution over T, H, W; one over H, W has a kernel of 1 in T. */
interface Form extends Window {
  readonly kernel: readonly number[];
  readonly groups: number;
}

interface Convolved {
  readonly output: Value;
  readonly layout: Layout;
}

export const convolution: Handler = {
  limits: 'over one, two or three axes',
  differentiable: 'all',
  weights: [1, 2],
  emit: (walk, node, inputs) => {
    const [x, weights] = [required(node, inputs, 0), required(node, inputs, 1)];
    const form = readForm(node, x, weights);
    const { output, layout } =
      onClip(walk, x, weights, form) ?? inVolume(walk, x, weights, form) ?? inGeneral(walk, x, weights, form);
    const bias = inputs[2];
    const isBiasNothing =
      bias === undefined || (bias.kind === 'known' && bias.tensor.data.every((value) => value === 0));
    return [computed(isBiasNothing ? output : withBias(walk, output, bias, layout), layout)];
  },
};

function readForm(node: NodeReader, x: Operand, weights: Operand): Form {
  const [dims, weightDims] = [dimsOf(x), dimsOf(weights)];
  const groups = node.int('group', 1);
  const kernel = weightDims.slice(2);
  if (dims.length < 3 || dims.length > 5 || weightDims.length !== dims.length) {
    throw node.refuse(
      `input ${formatDims(dims)} and weights ${formatDims(weightDims)}: one to three axes of space are needed`,
    );
  }
  const window = readWindow(node, { kernel, space: dims.slice(2) });
  if (weightDims[1]! * groups !== dims[1] || groups < 1 || weightDims[0]! % groups !== 0) {
    throw node.refuse(
      `input ${formatDims(dims)} and weights ${formatDims(weightDims)} in ${groups} groups: channels do not fit`,
    );
  }
  return { ...window, kernel, groups };
}

/** Kernel, stride and padding of the image, when they are the same along H and W. */
function squareOf({ kernel, strides, padsBefore, padsAfter }: Form): {
  readonly side: number;
  readonly stride: number;
  readonly padding: number;
} | null {
  const last = kernel.length - 1;
  const isSquare = [kernel, strides, padsBefore, padsAfter].every((list) => list[last] === list[last - 1]);
  if (!isSquare || padsBefore[last] !== padsAfter[last]) {
    return null;
  }
  return { side: kernel[last]!, stride: strides[last]!, padding: padsBefore[last]! };
}

function isPlain({ groups, dilations }: Form): boolean {
  return groups === 1 && dilations.every((dilation) => dilation === 1);
}

/** The first convolution of a network, on pixels as they lie in memory. */
function onClip(walk: Walk, x: Operand, weights: Operand, form: Form): Convolved | null {
  const square = squareOf(form);
  if (x.kind !== 'clip' || x.axes !== 'NCTHW' || square === null || !isPlain(form)) {
    return null;
  }
  const { kernel, strides, padsBefore, padsAfter } = form;
  const half = (kernel[0]! - 1) / 2;
  const isCentred = square.side % 2 === 1 && square.padding === (square.side - 1) / 2;
  if (!isCentred || strides[0] !== 1 || padsBefore[0] !== half || padsAfter[0] !== half) {
    return null;
  }
  const { output } = walk.apply('stemConvolution', [x.pixels, walk.value(weights, 'asWritten')], {
    stride: square.stride,
  });
  return { output, layout: 'channelsFirst' };
}

/** Square kernels with stride 1 or 2, on `[C, N, T, H, W]`. */
function inVolume(walk: Walk, x: Operand, weights: Operand, form: Form): Convolved | null {
  const square = squareOf(form);
  const isImage = form.kernel.length === 2;
  if (form.kernel.length < 2 || square === null || !isPlain(form)) {
    return null;
  }
  const { side, stride, padding } = square;
  if ((stride !== 1 && stride !== 2) || padding > (side - 1) / 2) {
    return null;
  }
  const [length, step, before, after] = isImage
    ? [1, 1, 0, 0]
    : [form.kernel[0]!, form.strides[0]!, form.padsBefore[0]!, form.padsAfter[0]!];
  if (before !== after || before >= length) {
    return null;
  }
  const [activation, kernel] = [walk.value(x, 'channelsFirst'), walk.value(weights, 'asWritten')];
  const volume = isImage ? withFrameAxis(walk, activation) : activation;
  const taps = isImage ? withFrameAxis(walk, kernel) : kernel;
  const output = byKernel(walk, volume, taps, {
    length,
    step,
    before,
    space: { stride, padding },
    side,
  });
  const dims = output.dims.filter((_, axis) => !isImage || axis !== 2);
  return { output: walk.apply('reshape', [output], { dims }).output, layout: 'channelsFirst' };
}

interface VolumeForm {
  readonly length: number;
  readonly step: number;
  readonly before: number;
  readonly space: { readonly stride: 1 | 2; readonly padding: number };
  readonly side: number;
}

function byKernel(walk: Walk, x: Value, weights: Value, form: VolumeForm): Value {
  const { length, step, before, space, side } = form;
  if (length === 1) {
    const ranges = [{ axis: 2, start: 0, end: x.dims[2]!, step }];
    const seen = step === 1 ? x : walk.apply('slice', [x], { ranges }).output;
    return side === 1
      ? walk.apply('pointwiseConvolution', [seen, weights], { stride: space.stride }).output
      : walk.apply('spatialConvolution', [seen, weights], space).output;
  }
  if (side === 1 && space.stride === 1) {
    return walk.apply('temporalConvolution', [x, weights], { stride: step, padding: before }).output;
  }
  const options = { temporalStride: step, temporalPadding: before, space };
  return walk.apply('volumeConvolution', [x, weights], options).output;
}

/** `[A, B, H, W]` as `[A, B, 1, H, W]`. */
function withFrameAxis(walk: Walk, x: Value): Value {
  return walk.apply('reshape', [x], { dims: [...x.dims.slice(0, 2), 1, ...x.dims.slice(2)] }).output;
}

function inGeneral(walk: Walk, x: Operand, weights: Operand, form: Form): Convolved {
  const inputs = [walk.value(x, 'asWritten'), walk.value(weights, 'asWritten')] as const;
  return { output: walk.apply('convolution', inputs, form).output, layout: 'asWritten' };
}

/** One number added to every channel. */
export function withBias(walk: Walk, x: Value, bias: Operand, layout: Layout): Value {
  const channels = axisIn(layout, 1);
  const dims = x.dims.map((length, axis) => (axis === channels ? length : 1));
  const term = walk.apply('reshape', [walk.value(bias, 'asWritten')], { dims }).output;
  return walk.apply('add', [x, term], {}).output;
}
