/**
 * Operators that look at shapes or change them: Shape, Reshape, Transpose, Expand and their kin. In: nodes whose shape
 * arguments are known by the time they are reached. Out: shapes as known numbers, activations under other dimensions.
 */
import { cast as emitCast, compare, test } from '../../../graph/elementwise.ts';
import { broadcastDims, elementCount, formatDims } from '../../../graph/value.ts';
import { given } from '../fold.ts';
import type { Handler, Inputs, Walk } from '../handler.ts';
import { broadcastKnown, integerList, stepElements, stridesOf } from '../known-tensor.ts';
import type { KnownTensor } from '../known-tensor.ts';
import type { NodeReader } from '../node-reader.ts';
import { axisIn, computed, dimsOf, known } from '../operand.ts';
import type { Operand } from '../operand.ts';
import { ownLayout, required, scalar } from './elementwise.ts';

/** Known numbers of an input, which may also stand in an attribute in older opsets. */
export function knownList(node: NodeReader, inputs: Inputs, position: number): readonly number[] | null {
  const operand = inputs[position];
  if (operand === undefined) {
    return null;
  }
  if (operand.kind !== 'known') {
    throw node.refuse(
      `input ${position} must be known while the graph is built, but it is computed from the clip's pixels`,
    );
  }
  return [...operand.tensor.data];
}

/** A view of an operand under other dimensions. */
export function viewed(walk: Walk, operand: Operand, dims: readonly number[]): Operand {
  if (operand.kind === 'known') {
    return known({ ...operand.tensor, dims });
  }
  const { output } = walk.apply('reshape', [walk.value(operand, 'asWritten')], { dims });
  return computed(output);
}

function shapeOf(node: NodeReader, x: Operand): readonly Operand[] {
  const dims = dimsOf(x);
  const counted = (position: number): number =>
    Math.min(Math.max(position < 0 ? position + dims.length : position, 0), dims.length);
  const part = dims.slice(counted(node.int('start', 0)), counted(node.int('end', dims.length)));
  return [known(integerList(part))];
}

/**
 * The dims that a Reshape asks for: 0 copies a length, -1 is what is left. A batch that the exporter wrote down as a
 * number follows the clips of the run.
 */
function reshapeDims(walk: Walk, node: NodeReader, x: Operand, target: readonly number[]): readonly number[] {
  const dims = dimsOf(x);
  const isZeroKept = node.int('allowzero', 0) === 1;
  const filled = target.map((length, axis) => (length === 0 && !isZeroKept ? (dims[axis] ?? 0) : length));
  const total = elementCount(dims);
  const scaled = forClips(walk, filled);
  for (const lengths of scaled === null ? [filled] : [scaled, filled]) {
    const rest = elementCount(lengths.filter((length) => length !== -1));
    if (lengths.includes(-1) ? total % rest === 0 : total === rest) {
      return lengths.map((length) => (length === -1 ? total / rest : length));
    }
  }
  throw node.refuse(
    `it makes ${formatDims(target)} of ${formatDims(dims)}, which has ${total} elements: the file holds numbers of the ` +
      'shape it was exported with. Export it with dynamic_shapes for that axis',
  );
}

/** Lengths whose first counts the clips that the file was exported with, for the clips of the run. */
export function forClips(walk: Walk, lengths: readonly number[]): readonly number[] | null {
  const { clips, exportedClips, isOfClip } = walk;
  const [first = 0, ...others] = lengths;
  if (!isOfClip || exportedClips === null || exportedClips === clips || first < 1) {
    return null;
  }
  const scaled = (first / exportedClips) * clips;
  return Number.isInteger(scaled) ? [scaled, ...others] : null;
}

const reshape: Handler = {
  limits: 'the shape must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const target = knownList(node, inputs, 1) ?? [];
    return [viewed(walk, x, reshapeDims(walk, node, x, target))];
  },
};

const flatten: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axis = node.int('axis', 1);
    const cut = axis < 0 ? axis + dims.length : axis;
    return [viewed(walk, x, [elementCount(dims.slice(0, cut)), elementCount(dims.slice(cut))])];
  },
};

const squeeze: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axes = knownList(node, inputs, 1)?.map((axis) => node.axis(axis, dims.length));
    const isDropped = (length: number, axis: number): boolean =>
      axes === undefined ? length === 1 : axes.includes(axis);
    const wrong = axes?.find((axis) => dims[axis] !== 1);
    if (wrong !== undefined) {
      throw node.refuse(`axis ${wrong} of ${formatDims(dims)} is not of length 1`);
    }
    return [
      viewed(
        walk,
        x,
        dims.filter((length, axis) => !isDropped(length, axis)),
      ),
    ];
  },
};

const unsqueeze: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const axes = knownList(node, inputs, 1) ?? [];
    const rank = dims.length + axes.length;
    const added = axes.map((axis) => node.axis(axis, rank));
    const rest = [...dims];
    const target = Array.from({ length: rank }, (_, axis) =>
      added.includes(axis) ? 1 : (rest.shift() ?? 1),
    );
    return [viewed(walk, x, target)];
  },
};

function isLastTwoExchanged(permutation: readonly number[]): boolean {
  const last = permutation.length - 1;
  return (
    last > 0 && permutation.every((axis, index) => axis === (index < last - 1 ? index : 2 * last - 1 - index))
  );
}

const transpose: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = dimsOf(x);
    const permutation = node.ints('perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
    if (permutation.toSorted((a, b) => a - b).some((axis, index) => axis !== index)) {
      throw node.refuse(`perm ${formatDims(permutation)} is not a permutation of ${dims.length} axes`);
    }
    if (x.kind === 'known') {
      const target = permutation.map((axis) => dims[axis]!);
      const strides = stridesOf(dims);
      const steps = permutation.map((axis) => strides[axis]!);
      return [known(stepElements(x.tensor, target, steps))];
    }
    if (x.kind === 'clip' && permutation.join() === '0,2,1,3,4') {
      const axes = x.axes === 'NCTHW' ? 'NTCHW' : 'NCTHW';
      return [{ ...x, axes, dims: permutation.map((axis) => dims[axis]!) }];
    }
    const layout = ownLayout(x);
    const source = walk.value(x, layout);
    const from = permutation.map((axis) => axisIn(layout, axis));
    const { output } = walk.apply('transpose', [source], { permutation: from });
    if (isLastTwoExchanged(from)) {
      walk.noteTranspose(output, source);
    }
    return [computed(output)];
  },
};

const expand: Handler = {
  limits: 'the shape must not depend on pixels',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const dims = broadcastDims(dimsOf(x), knownList(node, inputs, 1) ?? []);
    if (x.kind === 'known') {
      return [known(broadcastKnown(x.tensor, dims))];
    }
    return [computed(walk.apply('expand', [walk.value(x, 'asWritten')], { dims }).output)];
  },
};

const tile: Handler = {
  limits: '',
  differentiable: [0],
  emit: (walk, node, inputs) => {
    const x = required(node, inputs, 0);
    const repeats = knownList(node, inputs, 1) ?? [];
    const start = walk.value(x, 'asWritten');
    const tiled = repeats.reduce(
      (part, count, axis) =>
        walk.apply(
          'concat',
          Array.from({ length: count }, () => part),
          { axis },
        ).output,
      start,
    );
    return [computed(tiled)];
  },
};

/** What stays as it is: the same operand under another name. */
const pass: Handler = {
  limits: '',
  differentiable: [0],
  emit: (_walk, node, inputs) => [required(node, inputs, 0)],
};

/** ONNX's codes of element types that hold whole numbers, and of bool. */
const INTEGER_CODES: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 12, 13]);
const BOOL_CODE = 9;

function castKnown(x: KnownTensor, type: KnownTensor['type']): KnownTensor {
  switch (type) {
    case 'float':
      return { ...x, type };
    case 'int':
      return { ...x, type, data: x.data.map(Math.trunc) };
    case 'bool':
      return { ...x, type, data: x.data.map((value) => (value === 0 ? 0 : 1)) };
  }
}

function castType(code: number): KnownTensor['type'] {
  if (code === BOOL_CODE) {
    return 'bool';
  }
  return INTEGER_CODES.has(code) ? 'int' : 'float';
}

/** A condition as 1 and 0, numbers as whether they are not 0; no gradient flows through either. */
function castComputed(walk: Walk, node: NodeReader, x: Operand): Operand {
  const type = castType(node.int('to', 1));
  const isCondition = x.kind === 'computed' && x.value.type === 'bool';
  if (type === (isCondition ? 'bool' : 'float')) {
    return x;
  }
  const layout = ownLayout(x);
  const value = walk.value(x, layout);
  switch (type) {
    case 'float':
      return computed(emitCast(walk.graph, value, scalar(walk, 0).type), layout);
    case 'bool':
      return computed(test(walk.graph, 'Not', compare(walk.graph, 'Equal', value, scalar(walk, 0))), layout);
    case 'int':
      throw node.refuse('it makes whole numbers of computed values, which have no gradient');
  }
}

const cast: Handler = {
  limits: 'computed values stay floating-point numbers, or become conditions',
  differentiable: [0],
  fold: (node, [x]) => [castKnown(given(x), castType(node.int('to', 1)))],
  emit: (walk, node, inputs) => [castComputed(walk, node, required(node, inputs, 0))],
};

export const shape = {
  Shape: {
    limits: '',
    differentiable: [],
    emit: (_walk, node, inputs) => shapeOf(node, required(node, inputs, 0)),
  },
  Size: {
    limits: '',
    differentiable: [],
    emit: (_walk, node, inputs) => [
      known({ ...integerList([elementCount(dimsOf(required(node, inputs, 0)))]), dims: [] }),
    ],
  },
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Identity: pass,
  Cast: cast,
  CastLike: {
    limits: 'computed values stay floating-point numbers',
    differentiable: [0],
    emit: (_walk, node, inputs) => {
      const [x, like] = [required(node, inputs, 0), required(node, inputs, 1)];
      const type = like.kind === 'known' ? like.tensor.type : 'float';
      return [x.kind === 'known' ? known(castKnown(x.tensor, type)) : x];
    },
  },
  Dropout: {
    limits: 'passes values through; model.dropout drops features before the classifier',
    differentiable: [0],
    emit: (_walk, node, inputs) => [required(node, inputs, 0)],
  },
} satisfies Readonly<Record<string, Handler>>;
