/**
 * Matrix products: MatMul and Gemm. In: nodes. Out: our product, which takes a transposed second operand as it is, so that
 * the transposes that exporters write around weights cost nothing. The last product of a network is its classifier.
 */
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import { computed } from '../operand.ts';
import { required, scalar } from './elementwise.ts';

function multiply(walk: Walk, a: Value, b: Value): Value {
  const source = walk.transposeOf(b);
  return source === null
    ? walk.apply('matrixMultiply', [a, b], {}).output
    : walk.apply('matrixMultiply', [a, source], { transposeB: true }).output;
}

/** A vector on the left is a row, one on the right a column; its axis is not in the product. */
const matMul: Handler = {
  limits: '',
  differentiable: 'all',
  weights: [0, 1],
  emit: (walk, node, inputs) => {
    const [left, right] = [0, 1].map((position) => walk.value(required(node, inputs, position), 'asWritten'));
    const [isRow, isColumn] = [left!.dims.length === 1, right!.dims.length === 1];
    const viewed = (x: Value, dims: readonly number[]): Value => walk.apply('reshape', [x], { dims }).output;
    const a = walk.beforeClassifier(isRow ? viewed(left!, [1, ...left!.dims]) : left!);
    const output = multiply(walk, a, isColumn ? viewed(right!, [...right!.dims, 1]) : right!);
    const kept = output.dims.filter(
      (_, axis) =>
        !(isRow && axis === output.dims.length - 2) && !(isColumn && axis === output.dims.length - 1),
    );
    return [computed(viewed(output, kept))];
  },
};

/** alpha A B + beta C */
const gemm: Handler = {
  limits: '',
  differentiable: 'all',
  weights: [0, 1, 2],
  emit: (walk, node, inputs) => {
    const [left, right] = [0, 1].map((position) => walk.value(required(node, inputs, position), 'asWritten'));
    const turned = (x: Value): Value => walk.apply('transpose', [x], { permutation: [1, 0] }).output;
    const a = walk.beforeClassifier(node.int('transA', 0) === 1 ? turned(left!) : left!);
    const product =
      node.int('transB', 0) === 1
        ? walk.apply('matrixMultiply', [a, right!], { transposeB: true }).output
        : multiply(walk, a, right!);
    const scaled = timesUnlessOne(walk, product, node.float('alpha', 1));
    const term = inputs[2];
    if (term === undefined) {
      return [computed(scaled)];
    }
    const added = timesUnlessOne(walk, walk.value(term, 'asWritten'), node.float('beta', 1));
    return [computed(walk.apply('add', [scaled, added], {}).output)];
  },
};

function timesUnlessOne(walk: Walk, x: Value, factor: number): Value {
  return factor === 1 ? x : walk.apply('multiply', [x, scalar(walk, factor)], {}).output;
}

export const products = { MatMul: matMul, Gemm: gemm } satisfies Readonly<Record<string, Handler>>;
