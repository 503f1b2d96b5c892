/** Softmax over one axis and its logarithm. In: a value of any shape. Out: a value of that shape. */
import { multiply, subtract, unary } from '../../graph/elementwise.ts';
import { softmax as emitSoftmax } from '../../graph/normalize.ts';
import { reduce } from '../../graph/reduce.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';

export type Softmax = Operation<
  readonly [x: Value],
  {
    /** From 0. */
    readonly axis: number;
  }
>;

/** dx = y (dy - sum(dy y)) */
export const softmax: Rule<Softmax> = (graph, [x], { axis }) => {
  const output = emitSoftmax(graph, 'Softmax', x, axis);
  return {
    output,
    derivative: (gradient) => {
      const weighted = reduce(graph, 'ReduceSum', multiply(graph, gradient, output), {
        axes: [axis],
        keepAxes: true,
      });
      return [multiply(graph, output, subtract(graph, gradient, weighted))];
    },
  };
};

/** dx = dy - exp(y) sum(dy) */
export const logSoftmax: Rule<Softmax> = (graph, [x], { axis }) => {
  const output = emitSoftmax(graph, 'LogSoftmax', x, axis);
  return {
    output,
    derivative: (gradient) => {
      const total = reduce(graph, 'ReduceSum', gradient, { axes: [axis], keepAxes: true });
      return [subtract(graph, gradient, multiply(graph, unary(graph, 'Exp', output), total))];
    },
  };
};
