/**
 * Exchanges: places in a graph where a run gives numbers away, waits, and goes on with what came of those of everybody. In: a graph
 * and two rows of numbers. Out: two rows again. A node stands for an exchange while the graph is made; the model has two in its
 * place, one that says "they are there" and one that waits, and both numbers as outputs, so that they lie in memory that others see.
 * Exchanges follow each other in the order of their emission, whatever order the runtime chooses for the rest.
 */
import type { Graph, GraphOutput } from './graph.ts';
import { int } from './node.ts';
import type { Node } from './node.ts';
import { elementCount } from './value.ts';
import type { Value } from './value.ts';
import { concat, reshape, slice } from './view.ts';

/** What comes of the numbers: `moments`: means and variances, merged; `means`: two means, averaged. */
const KINDS = ['moments', 'means'] as const;
export type ExchangeKind = (typeof KINDS)[number];

/** One exchange of a model, in the order in which a run comes to them. */
export interface ExchangePoint {
  readonly kind: ExchangeKind;
  /** Numbers in each of the two rows, float32; outputs `exchange/<index>/given` and `.../taken` are `[2, length]`. */
  readonly length: number;
}

const DOMAIN = 'multigrid';

/** Names of an exchange's two outputs. */
export function exchangeOutputs(index: number): { readonly given: string; readonly taken: string } {
  return { given: `exchange/${index}/given`, taken: `exchange/${index}/taken` };
}

/** @param rows - two values of one shape, float32 */
export function exchange(
  graph: Graph,
  kind: ExchangeKind,
  [first, second]: readonly [Value, Value],
): readonly [Value, Value] {
  const length = elementCount(first.dims);
  const rows = [first, second].map((value) => reshape(graph, value, [1, length]));
  const taken = graph.emit({
    operator: kind,
    domain: DOMAIN,
    inputs: [concat(graph, rows, 0)],
    type: 'float32',
    dims: [2, length],
  });
  const row = (index: number): Value =>
    reshape(graph, slice(graph, taken, [{ axis: 0, start: index, end: index + 1 }]), first.dims);
  return [row(0), row(1)];
}

/** The exchanges that a model of the graph has. */
export function exchangesOf(graph: Graph): readonly ExchangePoint[] {
  return graph.liveNodes().flatMap((node) => {
    const kind = kindOf(node);
    return kind === undefined ? [] : [{ kind, length: node.outputs[0]!.dims[1]! }];
  });
}

/** The nodes as a model has them, and the outputs that are added to the graph's. */
export function spellExchanges(nodes: readonly Node[]): {
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
} {
  const outputs: GraphOutput[] = [];
  let before: Value | undefined;
  const spelled = nodes.flatMap((node) => {
    const [given, taken] = [node.inputs[0], node.outputs[0]];
    if (kindOf(node) === undefined || given === undefined || taken === undefined) {
      return [node];
    }
    const index = outputs.length / 2;
    const names = exchangeOutputs(index);
    outputs.push({ name: names.given, value: given }, { name: names.taken, value: taken });
    const attributes = { index: int(index) };
    const token = { ...given, name: `${node.name}/token` };
    // The one before must be over: there is one order for all workers.
    const inputs = [given, before ?? given];
    before = taken;
    const { domain } = node;
    return [
      { name: `${node.name}/give`, operator: 'Give', domain, inputs, outputs: [token], attributes },
      { name: `${node.name}/take`, operator: 'Take', domain, inputs: [token], outputs: [taken], attributes },
    ];
  });
  return { nodes: spelled, outputs };
}

function kindOf({ operator, domain }: Node): ExchangeKind | undefined {
  return domain === DOMAIN ? KINDS.find((kind) => kind === operator) : undefined;
}
