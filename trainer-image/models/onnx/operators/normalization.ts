/**
 * Normalisation and softmax. In: nodes. Out: BatchNormalization becomes grouped batch norm with the statistics of training
 * or of the population, whatever mode the file was exported in; the others become their rules.
 */
import { elementCount, formatDims } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import { knownTensor } from '../known-tensor.ts';
import { axisIn, computed, dimsOf } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required } from './elementwise.ts';

const batchNormalization: Handler = {
  limits: 'only the first output is read',
  differentiable: [0, 1, 2],
  weights: [1, 2],
  emit: (walk, node, inputs) => {
    const [x, gamma, beta] = [0, 1, 2].map((position) => required(node, inputs, position));
    const activation = walk.value(x!, 'channelsFirst');
    const [channels, clips, ...space] = activation.dims;
    if (channels === undefined || clips === undefined || space.length > 3) {
      throw node.refuse(`dims ${formatDims(dimsOf(x!))} have no channels to normalise`);
    }
    const volume = [channels, clips, ...new Array<number>(3 - space.length).fill(1), ...space];
    const viewed = walk.apply('reshape', [activation], { dims: volume }).output;
    // Batch norm computes in float32 whatever it is given.
    const wide = (operand: Operand): Value =>
      walk.apply('cast', [walk.value(operand, 'asWritten')], { type: 'float32' }).output;
    const [scale, shift] = [wide(gamma!), wide(beta!)];
    const normalized = walk.normalize([viewed, scale, shift], node.float('epsilon', 1e-5));
    const { output } = walk.apply('reshape', [normalized], { dims: activation.dims });
    return [computed(output, 'channelsFirst')];
  },
};

const layerNormalization: Handler = {
  limits: 'only the first output is read',
  differentiable: [0, 1, 2],
  weights: [1, 2],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axis = node.axis(node.int('axis', -1), dims.length);
    const width = dims.slice(axis);
    const gamma = walk.value(required(node, inputs, 1), 'asWritten');
    if (elementCount(gamma.dims) !== elementCount(width)) {
      throw node.refuse(
        `scale ${formatDims(gamma.dims)} does not fit the normalised axes ${formatDims(width)}`,
      );
    }
    const nothing: Operand = { kind: 'known', tensor: knownTensor('float', gamma.dims, () => 0) };
    const beta = walk.value(inputs[2] ?? nothing, 'asWritten');
    const layout = axis > 1 ? ownLayout(x) : 'asWritten';
    const options = { epsilon: node.float('epsilon', 1e-5) };
    return [computed(walk.apply('layerNorm', [walk.value(x, layout), gamma, beta], options).output, layout)];
  },
};

function softmaxHandler(operation: 'softmax' | 'logSoftmax'): Handler {
  return {
    limits: '',
    differentiable: [0],
    emit: (walk: Walk, node, inputs) => {
      const x = required(node, inputs, 0);
      const layout = ownLayout(x);
      const axis = axisIn(layout, node.axis(node.int('axis', -1), dimsOf(x).length));
      return [computed(walk.apply(operation, [walk.value(x, layout)], { axis }).output, layout)];
    },
  };
}

export const normalization = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Softmax: softmaxHandler('softmax'),
  LogSoftmax: softmaxHandler('logSoftmax'),
} satisfies Readonly<Record<string, Handler>>;
