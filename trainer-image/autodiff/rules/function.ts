/**
 * Functions of one argument, element by element. In: a value of any shape. Out: a value of that shape. Derivatives are
 * written by the output where that is shorter, so that the input need not be kept.
 */
import { binary, multiply, positiveMask, subtract, unary } from '../../graph/elementwise.ts';
import type { UnaryOperator } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import type { NoOptions, Result, Rule } from '../rule.ts';

export interface Function1 {
  readonly inputs: readonly [x: Value];
  readonly options: NoOptions;
  readonly result: Result;
}

/** Gradient by x, given x, y = f(x) and the gradient by y. */
type Slope = (graph: Graph, x: Value, y: Value, gradient: Value) => Value;

function functionRule(operator: UnaryOperator, slope: Slope): Rule<Function1> {
  return (graph, [x]) => {
    const output = unary(graph, operator, x);
    return { output, derivative: (gradient) => [slope(graph, x, output, gradient)] };
  };
}

/** The slope at 0 is 0, as PyTorch has it. */
export const relu = functionRule('Relu', (graph, _x, y, gradient) =>
  multiply(graph, gradient, positiveMask(graph, y)),
);

/** y' = y (1 - y) */
export const sigmoid = functionRule('Sigmoid', (graph, _x, y, gradient) =>
  multiply(graph, gradient, multiply(graph, y, subtract(graph, graph.scalar(1, floatType(y)), y))),
);

/** y' = 1 - y² */
export const tanh = functionRule('Tanh', (graph, _x, y, gradient) =>
  multiply(graph, gradient, subtract(graph, graph.scalar(1, floatType(y)), multiply(graph, y, y))),
);

export const exp = functionRule('Exp', (graph, _x, y, gradient) => multiply(graph, gradient, y));

export const log = functionRule('Log', (graph, x, _y, gradient) => binary(graph, 'Div', gradient, x));

/** y' = 1 / (2 y) */
export const sqrt = functionRule('Sqrt', (graph, _x, y, gradient) =>
  binary(graph, 'Div', multiply(graph, gradient, graph.scalar(0.5, floatType(y))), y),
);
