/**
 * Sum, difference, product and quotient, element by element, with ONNX broadcasting. In: two values whose shapes
 * broadcast. Out: the result; gradients are summed over the axes along which an input was repeated.
 */
import {
  add as emitAdd,
  binary,
  cast,
  compare,
  multiply as emitMultiply,
  subtract as emitSubtract,
  unary,
} from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Result, Rule } from '../rule.ts';
import { sumTo } from './broadcast.ts';

/** `a (op) b`, shapes broadcast. */
export type Arithmetic = Operation<readonly [a: Value, b: Value]>;

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

/** The larger of the two; where they are equal, a gets the gradient. */
export const maximum: Rule<Arithmetic> = (graph, [a, b]) => choice(graph, a, b, 'Max');

/** The smaller of the two; where they are equal, a gets the gradient. */
export const minimum: Rule<Arithmetic> = (graph, [a, b]) => choice(graph, a, b, 'Min');

function choice(graph: Graph, a: Value, b: Value, operator: 'Max' | 'Min'): Result {
  const isA = compare(graph, operator === 'Max' ? 'GreaterOrEqual' : 'LessOrEqual', a, b);
  return {
    output: binary(graph, operator, a, b),
    derivative: (gradient) => {
      const byA = emitMultiply(graph, gradient, cast(graph, isA, gradient.type));
      return [sumTo(graph, byA, a.dims), sumTo(graph, emitSubtract(graph, gradient, byA), b.dims)];
    },
  };
}
