/**
 * The small models that work on flat vectors: an optimizer's update, sum, copy, fill with zeros. In: lengths. Out: ONNX bytes.
 * Every output may be bound to the memory of the input of its name: the operator that writes it is elementwise and depends on
 * every other one that reads that input.
 */
import { multiply, sum } from '../../graph/elementwise.ts';
import { encodeModel } from '../../graph/encode.ts';
import { Graph } from '../../graph/graph.ts';
import type { ElementType, Value } from '../../graph/value.ts';
import { zeros } from '../../graph/view.ts';
import type { Optimizer } from './optimizer.ts';

/** Scalar of every update beside the optimizer's own. */
export const WEIGHT_DECAY = 'weightDecay';

/**
 * Inputs: `parameter`, `gradient`, `slot/<name>`, `weightDecay` and the optimizer's scalars. Outputs:
 * `parameter.next`, `slot/<name>.next`.
 */
export function updateModel(optimizer: Optimizer, scalars: readonly string[], length: number): Uint8Array {
  const graph = new Graph();
  const vector = (name: string) => graph.input(name, 'float32', [length]);
  const scalar = (name: string) => graph.input(name, 'float32', []);
  const [parameter, gradient] = [vector('parameter'), vector('gradient')];
  const next = optimizer.update(graph, {
    parameter,
    gradient,
    weightDecay: scalar(WEIGHT_DECAY),
    slots: new Map(optimizer.slots.map((name) => [name, vector(`slot/${name}`)])),
    scalars: new Map(scalars.map((name) => [name, scalar(name)])),
  });
  graph.output('parameter.next', next.parameter);
  for (const [name, value] of next.slots) {
    graph.output(`slot/${name}.next`, value);
  }
  return encodeModel(graph, { graphName: 'update' });
}

/** `part0` + `part1` + ... -> `sum`, in this order. */
export function sumModel(parts: number, length: number): Uint8Array {
  const graph = new Graph();
  graph.output('sum', sumOfParts(graph, parts, length));
  return encodeModel(graph, { graphName: 'sum' });
}

/** (`part0` + `part1` + ...) * `scale` -> `sum`: added up in this order, then multiplied. */
export function scaledSumModel(parts: number, length: number): Uint8Array {
  const graph = new Graph();
  const total = sumOfParts(graph, parts, length);
  graph.output('sum', multiply(graph, total, graph.input('scale', 'float32', [])));
  return encodeModel(graph, { graphName: 'scaledSum' });
}

function sumOfParts(graph: Graph, parts: number, length: number): Value {
  return sum(
    graph,
    Array.from({ length: parts }, (_, part) => graph.input(`part${part}`, 'float32', [length])),
  );
}

/** `from` -> `to`: between host and device, in either direction. */
export function copyModel(length: number, type: ElementType = 'float32'): Uint8Array {
  const graph = new Graph();
  graph.output('to', graph.input('from', type, [length]));
  return encodeModel(graph, { graphName: 'copy' });
}

/** -> `zeros` */
export function zeroModel(length: number): Uint8Array {
  const graph = new Graph();
  graph.output('zeros', zeros(graph, [length]));
  return encodeModel(graph, { graphName: 'zero' });
}
