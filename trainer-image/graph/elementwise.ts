/**
 * Operators that work element by element. In: a graph and values of shapes that broadcast together. Out: one value of
 * the broadcast shape. Next: the derivative rules in `autodiff/` are written in them.
 */
import type { Graph } from './graph.ts';
import { float, int } from './node.ts';
import { broadcastDims, floatType, GraphShapeError, sameDims, TYPE_CODES } from './value.ts';
import type { ElementType, Value } from './value.ts';

import { reshape } from './view.ts';

/** ONNX operators of one floating-point argument. */
export type UnaryOperator =
  | 'Relu'
  | 'Sigmoid'
  | 'Softplus'
  | 'Tanh'
  | 'Exp'
  | 'Log'
  | 'Sqrt'
  | 'Reciprocal'
  | 'Neg'
  | 'Erf'
  | 'Abs'
  | 'Sin'
  | 'Cos'
  | 'Sign'
  | 'Floor'
  | 'Ceil'
  | 'Round';

/** ONNX operators of two arguments of one floating-point type. */
export type BinaryOperator = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min' | 'Pow';

/** ONNX operators that compare two arguments and give booleans. */
export type ComparisonOperator = 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual';

export function unary(graph: Graph, operator: UnaryOperator, x: Value): Value {
  return onOrigin(graph, x, (origin) =>
    graph.emit({ operator, inputs: [origin], type: x.type, dims: origin.dims }),
  );
}

/** @throws GraphShapeError when the types differ or the shapes do not broadcast. */
export function binary(graph: Graph, operator: BinaryOperator, a: Value, b: Value): Value {
  return pair(graph, a, b, { operator, type: sameType(operator, a, b) });
}

/** @throws GraphShapeError when the types differ or the shapes do not broadcast. */
export function compare(graph: Graph, operator: ComparisonOperator, a: Value, b: Value): Value {
  sameType(operator, a, b);
  return pair(graph, a, b, { operator, type: 'bool' });
}

/**
 * Booleans combined element by element.
 *
 * @throws GraphShapeError when the shapes do not broadcast.
 */
export function combine(graph: Graph, operator: 'And' | 'Or' | 'Xor', a: Value, b: Value): Value {
  return pair(graph, a, b, { operator, type: 'bool' });
}

/** Booleans from one value: the contrary of booleans, or whether numbers are none. */
export function test(graph: Graph, operator: 'Not' | 'IsNaN' | 'IsInf', x: Value): Value {
  return onOrigin(graph, x, (origin) =>
    graph.emit({ operator, inputs: [origin], type: 'bool', dims: origin.dims }),
  );
}

export function add(graph: Graph, a: Value, b: Value): Value {
  return binary(graph, 'Add', a, b);
}

export function subtract(graph: Graph, a: Value, b: Value): Value {
  return binary(graph, 'Sub', a, b);
}

export function multiply(graph: Graph, a: Value, b: Value): Value {
  return binary(graph, 'Mul', a, b);
}

/** Sum of values of one shape, in the given order; a single value is given back as it is. */
export function sum(graph: Graph, values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined) {
    throw new GraphShapeError('a sum needs at least one value');
  }
  return values.slice(1).reduce((total, value) => add(graph, total, value), first);
}

/** x as another type; x itself when it has that type already. */
export function cast(graph: Graph, x: Value, type: ElementType): Value {
  if (x.type === type) {
    return x;
  }
  return onOrigin(graph, x, (origin) =>
    graph.emit({
      operator: 'Cast',
      inputs: [origin],
      attributes: { to: int(TYPE_CODES[type]) },
      type,
      dims: origin.dims,
    }),
  );
}

/**
 * Elements of a where the condition holds, else of b; shapes broadcast.
 *
 * @throws GraphShapeError when the types of a and b differ, or the shapes do not broadcast.
 */
export function where(graph: Graph, condition: Value, a: Value, b: Value): Value {
  const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
  return graph.emit({ operator: 'Where', inputs: [condition, a, b], type: sameType('Where', a, b), dims });
}

/**
 * 1 where x > 0, else 0, in one pass: HardSigmoid clamps `slope * x` to [0, 1], and the slope is so steep that every
 * normal positive float32 above 1e-30 reaches 1. A third of the time of Greater and Where. float16 has no number that
 * steep, so there it is compared.
 */
export function positiveMask(graph: Graph, x: Value): Value {
  if (x.type !== 'float32') {
    return cast(graph, compare(graph, 'Greater', x, graph.scalar(0, floatType(x))), x.type);
  }
  return onOrigin(graph, x, (origin) =>
    graph.emit({
      operator: 'HardSigmoid',
      inputs: [origin],
      attributes: { alpha: float(1e30), beta: float(0) },
      type: x.type,
      dims: origin.dims,
    }),
  );
}

/** Works on the elements under the dimensions they were made with; the view that was asked for is put on the result. */
function onOrigin(graph: Graph, x: Value, emit: (origin: Value) => Value): Value {
  return reshape(graph, emit(graph.origin(x)), x.dims);
}

/** As `onOrigin`, for two values; when they broadcast, dimensions matter and are left alone. */
function pair(
  graph: Graph,
  a: Value,
  b: Value,
  { operator, type }: { readonly operator: string; readonly type: ElementType },
): Value {
  if (!sameDims(a.dims, b.dims)) {
    return graph.emit({ operator, inputs: [a, b], type, dims: broadcastDims(a.dims, b.dims) });
  }
  return onOrigin(graph, a, (origin) =>
    graph.emit({ operator, inputs: [origin, reshape(graph, b, origin.dims)], type, dims: origin.dims }),
  );
}

function sameType(operator: string, a: Value, b: Value): ElementType {
  if (a.type !== b.type) {
    throw new GraphShapeError(`${operator} of ${a.name} (${a.type}) and ${b.name} (${b.type}): types differ`);
  }
  return a.type;
}
