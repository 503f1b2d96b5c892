/**
 * Functions of one argument, element by element. In: a value of any shape. Out: a value of that shape. Derivatives are
 * written by the output where that is shorter, so that the input need not be kept.
 */
import { binary, cast, compare, multiply, positiveMask, subtract, unary } from '../../graph/elementwise.ts';
import type { ComparisonOperator, UnaryOperator } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';

export type Function1 = Operation<readonly [x: Value]>;

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

/** y' = 2 / sqrt(pi) exp(-x²) */
export const erf = functionRule('Erf', (graph, x, _y, gradient) => {
  const bell = unary(graph, 'Exp', unary(graph, 'Neg', multiply(graph, x, x)));
  const peak = graph.scalar(2 / Math.sqrt(Math.PI), floatType(x));
  return multiply(graph, gradient, multiply(graph, bell, peak));
});

/** The slope at 0 is 0. */
export const absolute = functionRule('Abs', (graph, x, _y, gradient) =>
  multiply(graph, gradient, unary(graph, 'Sign', x)),
);

export const negate = functionRule('Neg', (graph, _x, _y, gradient) => unary(graph, 'Neg', gradient));

export const sine = functionRule('Sin', (graph, x, _y, gradient) =>
  multiply(graph, gradient, unary(graph, 'Cos', x)),
);

export const cosine = functionRule('Cos', (graph, x, _y, gradient) =>
  unary(graph, 'Neg', multiply(graph, gradient, unary(graph, 'Sin', x))),
);

/** y' = -y² */
export const reciprocal = functionRule('Reciprocal', (graph, _x, y, gradient) =>
  unary(graph, 'Neg', multiply(graph, gradient, multiply(graph, y, y))),
);

/** y' = sigmoid(x) */
export const softplus = functionRule('Softplus', (graph, x, _y, gradient) =>
  multiply(graph, gradient, unary(graph, 'Sigmoid', x)),
);

/** x to a fixed power. */
export type Power = Operation<readonly [x: Value], { readonly exponent: number }>;

export const power: Rule<Power> = (graph, [x], { exponent }) => {
  const raised = (to: number): Value => binary(graph, 'Pow', x, graph.scalar(to, floatType(x)));
  return {
    output: raised(exponent),
    derivative: (gradient) => {
      const slope = multiply(graph, raised(exponent - 1), graph.scalar(exponent, floatType(x)));
      return [multiply(graph, gradient, slope)];
    },
  };
};

/** x held between two numbers; the gradient passes where x is inside, ends included. */
export type Clamp = Operation<readonly [x: Value], { readonly least: number; readonly most: number }>;

export const clamp: Rule<Clamp> = (graph, [x], { least, most }) => {
  const limit = (value: number): Value => graph.scalar(value, floatType(x));
  const raised = Number.isFinite(least) ? binary(graph, 'Max', x, limit(least)) : x;
  return {
    output: Number.isFinite(most) ? binary(graph, 'Min', raised, limit(most)) : raised,
    derivative: (gradient) => {
      const inside = (operator: ComparisonOperator, value: number, passed: Value): Value =>
        Number.isFinite(value)
          ? multiply(graph, passed, cast(graph, compare(graph, operator, x, limit(value)), x.type))
          : passed;
      return [inside('LessOrEqual', most, inside('GreaterOrEqual', least, gradient))];
    },
  };
};
