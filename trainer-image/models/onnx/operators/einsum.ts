/**
 * Einsum of one or two operands: axes that only one operand has and the result lacks are summed first, then both become
 * stacks of matrices, and their product is put into the order of the result. In: a node with its equation. Out: sums,
 * transposes, reshapes and one product on our tape. More operands are multiplied from the left.
 */
import { elementCount } from '../../../graph/value.ts';
import type { Value } from '../../../graph/value.ts';
import type { Handler, Walk } from '../handler.ts';
import type { NodeReader } from '../node-reader.ts';
import { computed, dimsOf } from '../operand.ts';
import { EquationError, readEquation } from './einsum-plan.ts';
import type { AxisNames, Equation } from './einsum-plan.ts';
import { required } from './elementwise.ts';

/** A value with a name for each of its axes. */
interface Named {
  readonly value: Value;
  readonly names: AxisNames;
}

/** Axes in the order of the names; those that the value lacks come with length 1. */
function arranged(walk: Walk, { value, names }: Named, order: AxisNames): Value {
  const own = order.filter((name) => names.includes(name));
  const permutation = own.map((name) => names.indexOf(name));
  const { output } = walk.apply('transpose', [value], { permutation });
  const dims = order.map((name) => output.dims[own.indexOf(name)] ?? 1);
  return walk.apply('reshape', [output], { dims }).output;
}

/** Summed over the axes that nothing else reads. */
function summed(walk: Walk, { value, names }: Named, needed: AxisNames): Named {
  const axes = names.flatMap((name, axis) => (needed.includes(name) ? [] : [axis]));
  if (axes.length === 0) {
    return { value, names };
  }
  const { output } = walk.apply('sumOver', [value], { axes, keepAxes: false });
  return { value: output, names: names.filter((name) => needed.includes(name)) };
}

/** Axes of length 1 that the other operand has longer, repeated, where a product needs them whole. */
function whole(walk: Walk, { value, names }: Named, { lengths }: Equation, axes: AxisNames): Named {
  const dims = names.map((name, axis) => (axes.includes(name) ? lengths.get(name)! : value.dims[axis]!));
  return { names, value: walk.apply('expand', [value], { dims }).output };
}

/** The product over the axes that both have and nothing else reads. */
function product(
  walk: Walk,
  [left, right]: readonly [Named, Named],
  equation: Equation,
  needed: AxisNames,
): Named {
  const a = summed(walk, left, [...needed, ...right.names]);
  const b = summed(walk, right, [...needed, ...a.names]);
  const shared = a.names.filter((name) => b.names.includes(name));
  const stacks = shared.filter((name) => needed.includes(name));
  const folded = shared.filter((name) => !needed.includes(name));
  const rows = a.names.filter((name) => !shared.includes(name));
  const columns = b.names.filter((name) => !shared.includes(name));
  const lengthsOf = (names: AxisNames): readonly number[] => names.map((name) => equation.lengths.get(name)!);
  const matrix = (operand: Named, own: AxisNames): Value => {
    const stretched = whole(walk, operand, equation, shared);
    const value = arranged(walk, stretched, [...stacks, ...own, ...folded]);
    const dims = [stacks, own, folded].map((names) => elementCount(lengthsOf(names)));
    return walk.apply('reshape', [value], { dims }).output;
  };
  const matrices = [matrix(a, rows), matrix(b, columns)] as const;
  const { output } = walk.apply('matrixMultiply', matrices, { transposeB: true });
  const names = [...stacks, ...rows, ...columns];
  return { names, value: walk.apply('reshape', [output], { dims: lengthsOf(names) }).output };
}

function equationOf(node: NodeReader, dims: readonly (readonly number[])[]): Equation {
  try {
    return readEquation(node.string('equation', ''), dims);
  } catch (error) {
    throw error instanceof EquationError ? node.refuse(error.message) : error;
  }
}

export const einsum: Handler = {
  limits: 'no letter twice in one operand',
  differentiable: 'all',
  emit: (walk, node, inputs) => {
    const given = inputs.map((_, position) => required(node, inputs, position));
    const equation = equationOf(node, given.map(dimsOf));
    const { operands, result } = equation;
    const [first, ...others] = given.map((operand, index): Named => ({
      value: walk.value(operand, 'asWritten'),
      names: operands[index]!,
    }));
    if (first === undefined) {
      throw node.refuse('it has no operands');
    }
    const joined = others.reduce((left, right, index) => {
      const later = operands.slice(index + 2).flat();
      return product(walk, [left, right], equation, [...result, ...later]);
    }, first);
    return [computed(arranged(walk, summed(walk, joined, result), result))];
  },
};
