/**
 * Normalisation of every clip on its own: over groups of channels, over single channels, or by the root mean square of the
 * last axes. In: GroupNormalization, InstanceNormalization and RMSNormalization nodes. Out: standardisation, scale and
 * shift, all in float32, in the layout that the operand has. Groups of clips do not matter to them.
 */
import { elementCount, floatType, formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';

/** From this opset on GroupNormalization has a scale for every channel; before, for every group. */
const SCALE_BY_CHANNEL = 21;
const EPSILON = 1e-5;

function wide(walk: Walk, x: Value): Value {
  return walk.apply('cast', [x], { type: 'float32' }).output;
}

/** Back to the type of the activation, under its dims. */
function like(walk: Walk, y: Value, x: Value): Value {
  const narrow = walk.apply('cast', [y], { type: floatType(x) }).output;
  return walk.apply('reshape', [narrow], { dims: x.dims }).output;
}

/** x `[N, C, ...]` with the statistics of every clip and group of channels. */
function normalizeGroups(walk: Walk, node: NodeReader, inputs: Inputs, groups: number): Operand {
  const x = required(node, inputs, 0);
  const dims = dimsOf(x);
  const [clips, channels, ...space] = dims;
  if (clips === undefined || channels === undefined) {
    throw node.refuse(`dims ${formatDims(dims)} have no channels to normalise`);
  }
  if (!(groups >= 1) || channels % groups !== 0) {
    throw node.refuse(
      `num_groups is ${groups}; it must divide the ${channels} channels of ${formatDims(dims)}`,
    );
  }
  const layout = ownLayout(x);
  const activation = walk.value(x, layout);
  const [split, size] = [[groups, channels / groups], elementCount(space)];
  const isExchanged = layout === 'channelsFirst';
  const view = isExchanged ? [...split, clips, size] : [clips, ...split, size];
  const axes = isExchanged ? [1, 3] : [2, 3];
  const vector = (position: number): Value => {
    const operand = required(node, inputs, position);
    const length = elementCount(dimsOf(operand));
    const isByGroup = length === groups && node.opset < SCALE_BY_CHANNEL;
    if (length !== channels && !isByGroup) {
      throw node.refuse(
        `input ${position} has dims ${formatDims(dimsOf(operand))}; ${channels} channels need one number each`,
      );
    }
    const parts = length === channels ? split : [groups, 1];
    const placed = isExchanged ? [...parts, 1, 1] : [1, ...parts, 1];
    return walk.apply('reshape', [wide(walk, walk.value(operand, 'asWritten'))], { dims: placed }).output;
  };
  const rows = walk.apply('reshape', [wide(walk, activation)], { dims: view }).output;
  const options = { axes, epsilon: node.float('epsilon', EPSILON), isCentred: true };
  const standard = walk.apply('standardize', [rows], options).output;
  const scaled = walk.apply('multiply', [standard, vector(1)], {}).output;
  const shifted = walk.apply('add', [scaled, vector(2)], {}).output;
  return computed(like(walk, shifted, activation), layout);
}

const groupNormalization: Handler = {
  limits: '',
  differentiable: [0, 1, 2],
  emit: (walk, node, inputs) => [normalizeGroups(walk, node, inputs, node.int('num_groups', 0))],
};

/** A group for every channel. */
const instanceNormalization: Handler = {
  limits: '',
  differentiable: [0, 1, 2],
  emit: (walk, node, inputs) => [
    normalizeGroups(walk, node, inputs, dimsOf(required(node, inputs, 0))[1] ?? 0),
  ],
};

const rmsNormalization: Handler = {
  limits: '',
  differentiable: [0, 1],
  weights: [1],
  emit: (walk, node, inputs) => {
    const [x, scale] = [required(node, inputs, 0), required(node, inputs, 1)];
    const [dims, scaleDims] = [dimsOf(x), dimsOf(scale)];
    const axis = node.axis(node.int('axis', -1), dims.length);
    const from = dims.length - scaleDims.length;
    if (from < 0 || scaleDims.some((length, index) => length !== 1 && length !== dims[from + index])) {
      throw node.refuse(`scale ${formatDims(scaleDims)} does not fit ${formatDims(dims)}`);
    }
    // A scale that reaches the first two axes (exporters spread one that is not trained) needs them as they are.
    const layout = axis > 1 && from > 1 ? ownLayout(x) : 'asWritten';
    const activation = walk.value(x, layout);
    const axes = dims.slice(axis).map((_, index) => axis + index);
    const options = { axes, epsilon: node.float('epsilon', EPSILON), isCentred: false };
    const standard = walk.apply('standardize', [wide(walk, activation)], options).output;
    const factor = wide(walk, walk.value(scale, 'asWritten'));
    const scaled = walk.apply('multiply', [standard, factor], {}).output;
    return [computed(like(walk, scaled, activation), layout)];
  },
};

export const groupNormalizations = {
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  RMSNormalization: rmsNormalization,
} satisfies Readonly<Record<string, Handler>>;
