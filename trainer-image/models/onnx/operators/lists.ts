/**
 * Lists of values: PyTorch's exporter writes `chunk`, `split`, `unbind` and `stack` with them. In: nodes that make a list,
 * or take a value out of one. Out: pieces on our tape; the list itself is never in the graph.
 */
import type { Handler, Inputs, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { dimsOf, known } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { required } from './elementwise.ts';
import { partsOf, pieces } from './pieces.ts';
import { knownList, viewed } from './shape.ts';

function listAt(node: NodeReader, inputs: Inputs, position: number): readonly Operand[] {
  const operand = required(node, inputs, position);
  if (operand.kind !== 'list') {
    throw node.refuse(`input ${position} is not a list of values`);
  }
  return operand.parts;
}

/** Lengths of the pieces: given one by one, or all but the last the same, or all 1. */
function lengthsOf(node: NodeReader, inputs: Inputs, total: number): readonly number[] {
  const split = inputs[1];
  const given = knownList(node, inputs, 1) ?? [1];
  if (split !== undefined && dimsOf(split).length > 0) {
    return given;
  }
  const [length = 1] = given;
  if (!(length >= 1)) {
    throw node.refuse(`it makes pieces of ${length} elements`);
  }
  return Array.from({ length: Math.ceil(total / length) }, (_, index) =>
    Math.min(length, total - index * length),
  );
}

function without(walk: Walk, x: Operand, axis: number): Operand {
  return viewed(walk, x, dimsOf(x).toSpliced(axis, 1));
}

const splitToSequence: Handler = {
  limits: 'lengths must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axis = node.axis(node.int('axis', 0), dims.length);
    const lengths = lengthsOf(node, inputs, dims[axis]!);
    if (lengths.reduce((sum, length) => sum + length, 0) !== dims[axis]) {
      throw node.refuse(`pieces of ${lengths.join(', ')} elements do not make up ${dims[axis]!}`);
    }
    const parts = partsOf(walk, x, axis, lengths);
    const isSqueezed = inputs[1] === undefined && node.int('keepdims', 1) === 0;
    return [{ kind: 'list', parts: isSqueezed ? parts.map((part) => without(walk, part, axis)) : parts }];
  },
};

const sequenceAt: Handler = {
  limits: 'positions must not depend on pixels',
  differentiable: [0],
  emit: (_walk, node, inputs) => {
    const parts = listAt(node, inputs, 0);
    const [position = 0] = knownList(node, inputs, 1) ?? [];
    return [parts[node.axis(position, parts.length)]!];
  },
};

const concatFromSequence: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const parts = listAt(node, inputs, 0);
    const isStacked = node.int('new_axis', 0) === 1;
    const rank = dimsOf(required(node, parts, 0)).length + (isStacked ? 1 : 0);
    const axis = node.axis(node.int('axis', 0), rank);
    const placed = isStacked
      ? parts.map((part) => viewed(walk, part, dimsOf(part).toSpliced(axis, 0, 1)))
      : parts;
    const tensors = placed.flatMap((part) => (part.kind === 'known' ? [part.tensor] : []));
    return tensors.length === placed.length
      ? pieces.Concat.fold(node, tensors).map((tensor) => known(tensor))
      : pieces.Concat.emit(walk, node, placed);
  },
};

export const lists = {
  SplitToSequence: splitToSequence,
  SequenceAt: sequenceAt,
  SequenceConstruct: {
    limits: '',
    differentiable: 'all',
    emit: (_walk, node, inputs) => [
      { kind: 'list', parts: inputs.map((_, position) => required(node, inputs, position)) },
    ],
  },
  ConcatFromSequence: concatFromSequence,
} satisfies Readonly<Record<string, Handler>>;
