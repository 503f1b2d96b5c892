/**
 * Sum, difference, product and quotient, element by element, with ONNX broadcasting. In: two values whose shapes
 * broadcast. Out: the result; gradients are summed over the axes along which an input was repeated.
 */
import {
  add as emitAdd,
  binary,
  multiply as emitMultiply,
  subtract as emitSubtract,
  unary,
} from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reduce.ts';
import type { Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { NoOptions, Result, Rule } from '../rule.ts';

/** `a (op) b`, shapes broadcast. */
export interface Arithmetic {
  readonly inputs: readonly [a: Value, b: Value];
  readonly options: NoOptions;
  readonly result: Result;
}

export const add: Rule<Arithmetic> = (graph, [a, b]) => ({
  output: emitAdd(graph, a, b),
  derivative: (gradient) => [sumTo(graph, gradient, a.dims), sumTo(graph, gradient, b.dims)],
});

export const subtract: Rule<Arithmetic> = (graph, [a, b]) => ({
  output: emitSubtract(graph, a, b),
  derivative: (gradient) => [
    sumTo(graph, gradient, a.dims),
    sumTo(graph, unary(graph, 'Neg', gradient), b.dims),
  ],
});

export const multiply: Rule<Arithmetic> = (graph, [a, b]) => ({
  output: emitMultiply(graph, a, b),
  derivative: (gradient) => [
    sumTo(graph, emitMultiply(graph, gradient, b), a.dims),
    sumTo(graph, emitMultiply(graph, gradient, a), b.dims),
  ],
});

export const divide: Rule<Arithmetic> = (graph, [a, b]) => {
  const output = binary(graph, 'Div', a, b);
  return {
    output,
    derivative: (gradient) => {
      const byA = binary(graph, 'Div', gradient, b);
      const byB = unary(graph, 'Neg', emitMultiply(graph, byA, output));
      return [sumTo(graph, byA, a.dims), sumTo(graph, byB, b.dims)];
    },
  };
};

/** Undoes broadcasting: sums the gradient over the axes along which a value of these dims was repeated. */
function sumTo(graph: Graph, gradient: Value, dims: readonly number[]): Value {
  const added = gradient.dims.length - dims.length;
  const axes = gradient.dims.flatMap((length, axis) =>
    axis < added || (dims[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? gradient : reduce(graph, 'ReduceSum', gradient, { axes });
  return reshape(graph, summed, dims);
}
