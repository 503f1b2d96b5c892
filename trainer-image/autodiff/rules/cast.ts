/**
 * Between float32 and float16: where mixed precision enters and leaves float16. In: a value of either type. Out: the same
 * numbers, rounded to the wanted type; the gradient takes the type of the input. Parameters pass through it from their
 * float32 masters, so their gradients arrive as float32.
 */
import { cast as emitCast } from '../../graph/elementwise.ts';
import type { FloatType, Value } from '../../graph/value.ts';
import type { Operation, Rule } from '../rule.ts';

export type Cast = Operation<readonly [x: Value], { readonly type: FloatType }>;

export const cast: Rule<Cast> = (graph, [x], { type }) => ({
  output: emitCast(graph, x, type),
  derivative: (gradient) => [emitCast(graph, gradient, x.type)],
});
