/**
 * Sum and mean over axes. In: a value of any shape. Out: the value without those axes, or with length 1 in their place.
 */
import { multiply } from '../../graph/elementwise.ts';
import { reduce } from '../../graph/reduce.ts';
import { elementCount, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { expand, reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type FoldAxes = Operation<
  readonly [x: Value],
  {
    /** From 0. */
    readonly axes: readonly number[];
    readonly keepAxes: boolean;
  }
>;

export const sumOver = foldRule('ReduceSum');
export const meanOver = foldRule('ReduceMean');

function foldRule(operator: 'ReduceSum' | 'ReduceMean'): Rule<FoldAxes> {
  return (graph, [x], options) => {
    const output = reduce(graph, operator, x, options);
    const kept = x.dims.map((length, axis) => (options.axes.includes(axis) ? 1 : length));
    const share = operator === 'ReduceMean' ? elementCount(kept) / elementCount(x.dims) : 1;
    return {
      output,
      derivative: (gradient) => {
        const part = share === 1 ? gradient : multiply(graph, gradient, graph.scalar(share, floatType(x)));
        return [expand(graph, reshape(graph, part, kept), x.dims)];
      },
    };
  };
}
