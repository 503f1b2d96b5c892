/**
 * Activation functions that have no rule of their own: each is composed of operations that have one. In: nodes like Gelu,
 * PRelu, HardSwish. Out: the same on our tape, in the layout that the operand has.
 */
import { compare } from '../../../graph/elementwise.ts';
import type { ComparisonOperator } from '../../../graph/elementwise.ts';
import { floatType } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed } from '../operand.ts';
import { align } from './alignment.ts';
import { ofOne, required, scalar } from './elementwise.ts';

function times(walk: Walk, x: Value, factor: number): Value {
  return walk.apply('multiply', [x, scalar(walk, factor)], {}).output;
}

function plus(walk: Walk, x: Value, term: number): Value {
  return walk.apply('add', [x, scalar(walk, term)], {}).output;
}

/** x times the normal distribution up to x, exactly or by the tanh approximation. */
function gelu(walk: Walk, x: Value, node: NodeReader): Value {
  const approximate = node.string('approximate', 'none');
  if (approximate === 'none') {
    const { output } = walk.apply('erf', [times(walk, x, Math.SQRT1_2)], {});
    return walk.apply('multiply', [times(walk, x, 0.5), plus(walk, output, 1)], {}).output;
  }
  const { output: cube } = walk.apply('power', [x], { exponent: 3 });
  const inner = walk.apply('add', [x, times(walk, cube, 0.044715)], {}).output;
  const { output } = walk.apply('tanh', [times(walk, inner, Math.sqrt(2 / Math.PI))], {});
  return walk.apply('multiply', [times(walk, x, 0.5), plus(walk, output, 1)], {}).output;
}

function hardSigmoid(walk: Walk, x: Value, slope: number, shift: number): Value {
  return walk.apply('clamp', [plus(walk, times(walk, x, slope), shift)], { least: 0, most: 1 }).output;
}

/** max(0, x) */
function positivePart(walk: Walk, x: Value): Value {
  return walk.apply('relu', [x], {}).output;
}

/** min(0, x) */
function negativePart(walk: Walk, x: Value): Value {
  return walk.apply('clamp', [x], { least: -Infinity, most: 0 }).output;
}

function sum(walk: Walk, a: Value, b: Value): Value {
  return walk.apply('add', [a, b], {}).output;
}

/** max(0, x) + slope min(0, x) */
function leakyRelu(walk: Walk, x: Value, node: NodeReader): Value {
  return sum(walk, positivePart(walk, x), times(walk, negativePart(walk, x), node.float('alpha', 0.01)));
}

/** The slope is trained: one number, or one for each channel. */
const pRelu: Handler = {
  limits: '',
  differentiable: 'all',
  weights: [1],
  emit: (walk, node, inputs) => {
    const operands = [required(node, inputs, 0), required(node, inputs, 1)];
    const { values, layout } = align(walk, operands);
    const [x, slope] = [values[0]!, values[1]!];
    const { output } = walk.apply('multiply', [slope, negativePart(walk, x)], {});
    return [computed(sum(walk, positivePart(walk, x), output), layout)];
  },
};

/** max(0, x) + alpha (exp(min(0, x) / beta) - 1) */
function elu(
  walk: Walk,
  x: Value,
  { alpha, beta = 1 }: { readonly alpha: number; readonly beta?: number },
): Value {
  const negative = negativePart(walk, x);
  const { output } = walk.apply('exp', [beta === 1 ? negative : times(walk, negative, 1 / beta)], {});
  return sum(walk, positivePart(walk, x), times(walk, plus(walk, output, -1), alpha));
}

/** ONNX's own numbers of a self-normalising network. */
const SELU = { alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 };

function selu(walk: Walk, x: Value, node: NodeReader): Value {
  const curve = elu(walk, x, { alpha: node.float('alpha', SELU.alpha) });
  return times(walk, curve, node.float('gamma', SELU.gamma));
}

/** One value where x compares so with a number, another elsewhere. */
function choose(
  walk: Walk,
  x: Value,
  [operator, limit]: readonly [ComparisonOperator, number],
  [yes, no]: readonly [Value, Value],
): Value {
  const condition = compare(walk.graph, operator, x, walk.graph.scalar(limit, floatType(x)));
  return walk.apply('select', [condition, yes, no], {}).output;
}

/** x - bias beyond lambd, x + bias below -lambd, 0 between. */
function shrink(walk: Walk, x: Value, node: NodeReader): Value {
  const [limit, bias] = [node.float('lambd', 0.5), node.float('bias', 0)];
  const below = choose(walk, x, ['Less', -limit], [plus(walk, x, bias), scalar(walk, 0)]);
  return choose(walk, x, ['Greater', limit], [plus(walk, x, -bias), below]);
}

function withGate(gate: (walk: Walk, x: Value) => Value): Handler {
  return ofOne((walk, x) => walk.apply('multiply', [x, gate(walk, x)], {}).output);
}

export const activations = {
  Gelu: ofOne(gelu),
  LeakyRelu: ofOne(leakyRelu),
  PRelu: pRelu,
  Elu: ofOne((walk, x, node) => elu(walk, x, { alpha: node.float('alpha', 1) })),
  Celu: ofOne((walk, x, node) => {
    const alpha = node.float('alpha', 1);
    return elu(walk, x, { alpha, beta: alpha });
  }),
  Selu: ofOne(selu),
  ThresholdedRelu: ofOne((walk, x, node) =>
    choose(walk, x, ['Greater', node.float('alpha', 1)], [x, scalar(walk, 0)]),
  ),
  Shrink: ofOne(shrink),
  Softsign: ofOne((walk, x) => {
    const { output } = walk.apply('absolute', [x], {});
    return walk.apply('divide', [x, plus(walk, output, 1)], {}).output;
  }),
  HardSigmoid: ofOne((walk, x, node) =>
    hardSigmoid(walk, x, node.float('alpha', 0.2), node.float('beta', 0.5)),
  ),
  HardSwish: withGate((walk, x) => hardSigmoid(walk, x, 1 / 6, 0.5)),
  Mish: withGate((walk, x) => {
    const { output } = walk.apply('softplus', [x], {});
    return walk.apply('tanh', [output], {}).output;
  }),
} satisfies Readonly<Record<string, Handler>>;
