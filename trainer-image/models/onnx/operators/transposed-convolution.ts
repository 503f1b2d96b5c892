/**
 * ConvTranspose. In: a node on activations. Out: the input spread by its strides, with zeros between, and an ordinary
 * convolution with the kernel turned round: operations that have rules, in both directions.
 */
import { around, elementCount, formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { withBias } from './convolution.ts';
import { required } from './elementwise.ts';
import { readWindow } from './window.ts';

/** An ordinary convolution over the spread input. */
interface Form {
  readonly groups: number;
  readonly spread: readonly number[];
  readonly padsBefore: readonly number[];
  readonly padsAfter: readonly number[];
  readonly dilations: readonly number[];
}

function readForm(node: NodeReader, x: Operand, weights: Operand): Form {
  const [dims, weightDims] = [dimsOf(x), dimsOf(weights)];
  const [groups, kernel] = [node.int('group', 1), weightDims.slice(2)];
  const isFitting = weightDims.length === dims.length && weightDims[0] === dims[1];
  if (dims.length < 3 || dims.length > 5 || !isFitting || groups < 1 || dims[1]! % groups !== 0) {
    throw node.refuse(
      `input ${formatDims(dims)} and weights ${formatDims(weightDims)} in ${groups} groups do not fit`,
    );
  }
  if (node.ints('output_shape') !== null || node.string('auto_pad', 'NOTSET') !== 'NOTSET') {
    throw node.refuse('output_shape and auto_pad are not supported; give the pads');
  }
  const window = readWindow(node, { kernel, space: dims.slice(2) });
  const more = node.ints('output_padding') ?? kernel.map(() => 0);
  const reach = kernel.map((length, axis) => (length - 1) * window.dilations[axis]!);
  const padsBefore = reach.map((length, axis) => length - window.padsBefore[axis]!);
  const padsAfter = reach.map((length, axis) => length - window.padsAfter[axis]! + (more[axis] ?? 0));
  if (more.length !== kernel.length || [...padsBefore, ...padsAfter].some((length) => length < 0)) {
    throw node.refuse(`pads and output_padding of a kernel ${formatDims(kernel)} reach beyond it`);
  }
  return { groups, spread: window.strides, padsBefore, padsAfter, dilations: window.dilations };
}

/** `step - 1` zeros between neighbours along an axis. */
function spreadAlong(walk: Walk, x: Value, axis: number, step: number): Value {
  const [outer, length, inner] = around(x.dims, axis);
  if (step === 1 || length === 1) {
    return x;
  }
  const { output: apart } = walk.apply('reshape', [x], { dims: [outer, length, 1, inner] });
  const paddings = [{ axis: 2, before: 0, after: step - 1 }];
  const { output: padded } = walk.apply('pad', [apart], { paddings });
  const { output: joined } = walk.apply('reshape', [padded], { dims: x.dims.with(axis, length * step) });
  const ranges = [{ axis, start: 0, end: (length - 1) * step + 1 }];
  return walk.apply('slice', [joined], { ranges }).output;
}

/** `[Ci, Co / groups, ...kernel]` as an ordinary convolution has them, `[Co, Ci / groups, ...kernel]`, turned round. */
function turnedWeights(walk: Walk, weights: Value, groups: number): Value {
  const [inputs, outputs, ...kernel] = weights.dims;
  const [own, taps] = [inputs! / groups, elementCount(kernel)];
  const { output: apart } = walk.apply('reshape', [weights], { dims: [groups, own, outputs!, taps] });
  const { output: exchanged } = walk.apply('transpose', [apart], { permutation: [0, 2, 1, 3] });
  const positions = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  const { output: turned } = walk.apply('gather', [exchanged], { axis: 3, positions });
  return walk.apply('reshape', [turned], { dims: [groups * outputs!, own, ...kernel] }).output;
}

export const transposedConvolution: Handler = {
  limits: 'over one, two or three axes; without output_shape and auto_pad',
  differentiable: 'all',
  weights: [1, 2],
  emit: (walk, node, inputs) => {
    const [x, weights] = [required(node, inputs, 0), required(node, inputs, 1)];
    const { spread, groups, padsBefore, padsAfter, dilations } = readForm(node, x, weights);
    const spreadOut = spread.reduce(
      (value, step, axis) => spreadAlong(walk, value, axis + 2, step),
      walk.value(x, 'asWritten'),
    );
    const kernel = turnedWeights(walk, walk.value(weights, 'asWritten'), groups);
    const strides = spread.map(() => 1);
    const options = { strides, padsBefore, padsAfter, dilations, groups };
    const { output } = walk.apply('convolution', [spreadOut, kernel], options);
    const bias = inputs[2];
    return [computed(bias === undefined ? output : withBias(walk, output, bias, 'asWritten'))];
  },
};
