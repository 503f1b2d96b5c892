/**
 * The small models that work on parameters on a device: update, sum, copy, fill with zeros. In: lengths of flat vectors.
 * Out: ONNX bytes. Every output may be bound to the memory of the input of its name: the operator that writes it is
 * elementwise and depends on every other one that reads that input. Made and run by `device-store.ts`.
 */
import { add, multiply, subtract, sum } from '../../graph/elementwise.ts';
import { encodeModel } from '../../graph/encode.ts';
import { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { zeros } from '../../graph/view.ts';

/** Scalars of an update, float32 `[]` each. */
export const UPDATE_COEFFICIENTS = [
  'learningRate',
  'momentum',
  'weightDecay',
  'gradientScale',
  /** 1 for Nesterov's momentum, else 0. */
  'direct',
  /** The momentum for Nesterov's, else 1. */
  'follow',
] as const;

export type UpdateCoefficient = (typeof UPDATE_COEFFICIENTS)[number];

/** A stretch of the flat vector whose parameters are updated alike. */
export interface UpdateStretch {
  readonly name: 'decayed' | 'plain';
  readonly length: number;
}

/**
 * SGD with momentum, in the order of operations of the arena's kernel, so that both give the same bits. Inputs per
 * stretch: `<stretch>/parameters`, `<stretch>/momenta`, `<stretch>/gradients<set>`. Outputs: the first two.
 */
export function updateModel(stretches: readonly UpdateStretch[], gradientSets: number): Uint8Array {
  const graph = new Graph();
  const scalars = new Map(UPDATE_COEFFICIENTS.map((name) => [name, graph.input(name, 'float32', [])]));
  const scalar = (name: UpdateCoefficient): Value => scalars.get(name)!;
  for (const { name, length } of stretches) {
    const vector = (part: string): Value => graph.input(`${name}/${part}`, 'float32', [length]);
    const [parameters, momenta] = [vector('parameters'), vector('momenta')];
    const gradients = Array.from({ length: gradientSets }, (_, set) => vector(`gradients${set}`));
    const mean = multiply(graph, sum(graph, gradients), scalar('gradientScale'));
    const gradient =
      name === 'decayed' ? add(graph, mean, multiply(graph, parameters, scalar('weightDecay'))) : mean;
    const velocity = add(graph, multiply(graph, momenta, scalar('momentum')), gradient);
    const direction = add(
      graph,
      multiply(graph, gradient, scalar('direct')),
      multiply(graph, velocity, scalar('follow')),
    );
    const moved = subtract(graph, parameters, multiply(graph, direction, scalar('learningRate')));
    graph.output(`${name}/parameters.next`, moved);
    graph.output(`${name}/momenta.next`, velocity);
  }
  return encodeModel(graph, { graphName: 'update' });
}

/** `total` + `part` -> `sum`. */
export function sumModel(length: number): Uint8Array {
  const graph = new Graph();
  const [total, part] = [graph.input('total', 'float32', [length]), graph.input('part', 'float32', [length])];
  graph.output('sum', add(graph, total, part));
  return encodeModel(graph, { graphName: 'sum' });
}

/** `from` -> `to`: between host and device, in either direction. */
export function copyModel(length: number): Uint8Array {
  const graph = new Graph();
  graph.output('to', graph.input('from', 'float32', [length]));
  return encodeModel(graph, { graphName: 'copy' });
}

/** -> `zeros` */
export function zeroModel(length: number): Uint8Array {
  const graph = new Graph();
  graph.output('zeros', zeros(graph, [length]));
  return encodeModel(graph, { graphName: 'zero' });
}
