/**
 * One value where a condition holds, another elsewhere, as masks in attention are written. In: a boolean condition and two
 * values, shapes broadcast. Out: a value of the broadcast shape. No gradient by the condition.
 */
import { where } from '../../graph/elementwise.ts';
import { floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';
import { sumTo } from './broadcast.ts';

export type Select = Operation<readonly [condition: Value, a: Value, b: Value]>;

export const select: Rule<Select> = (graph, [condition, a, b]) => ({
  output: where(graph, condition, a, b),
  derivative: (gradient) => {
    const nothing = graph.scalar(0, floatType(gradient));
    return [
      undefined,
      sumTo(graph, where(graph, condition, gradient, nothing), a.dims),
      sumTo(graph, where(graph, condition, nothing, gradient), b.dims),
    ];
  },
});
