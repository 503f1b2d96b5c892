/**
 * A training step as a graph of boxes, in Graphviz's language. In: the nodes of a training graph. Out: a diagram with the
 * forward pass on the left, read downwards, and the gradients on the right, read upwards. One box stands for all nodes of
 * one part of the network; reshapes are left out, they move nothing.
 */
import type { DrawnNode } from './read-nodes.ts';

const FORWARD = { fill: '#e8f1fb', line: '#2f6db3' };
const GRADIENT = { fill: '#fdeee3', line: '#c2651b' };
const KEPT = '#9a9a9a';

interface Box {
  readonly scope: string;
  readonly operators: Map<string, number>;
  /** Parameters whose gradients leave the graph here. */
  readonly gradients: string[];
}

export function stepDiagram(nodes: readonly DrawnNode[]): string {
  const boxes = collectBoxes(nodes);
  const lines = [...boxes.values()].map(drawBox);
  const beside = [...boxes.keys()]
    .filter((scope) => boxes.has(`${scope}/gradient`))
    .map((scope) => `{rank=same; "${scope}" "${scope}/gradient"}`);
  return [
    'digraph step {',
    'rankdir=TB; nodesep=0.9; ranksep=0.28; bgcolor=white;',
    'node [shape=box style="filled,rounded" fontname="Helvetica" fontsize=10 margin="0.2,0.07"];',
    'edge [arrowsize=0.6];',
    ...lines,
    ...beside,
    ...drawEdges(nodes),
    '}',
  ].join('\n');
}

function collectBoxes(nodes: readonly DrawnNode[]): Map<string, Box> {
  const boxes = new Map<string, Box>();
  for (const { scope, operator, outputs } of nodes) {
    const box = boxes.get(scope) ?? { scope, operators: new Map<string, number>(), gradients: [] };
    boxes.set(scope, box);
    if (operator !== 'Reshape') {
      box.operators.set(operator, (box.operators.get(operator) ?? 0) + 1);
    }
    box.gradients.push(
      ...outputs.filter((name) => name.startsWith('gradient/')).map((name) => name.slice('gradient/'.length)),
    );
  }
  return boxes;
}

function drawBox({ scope, operators, gradients }: Box): string {
  const { fill, line } = isGradient(scope) ? GRADIENT : FORWARD;
  const title = isGradient(scope) ? `gradient of ${scope.slice(0, -'/gradient'.length)}` : scope;
  const counts = [...operators].map(([operator, count]) =>
    count === 1 ? operator : `${operator} ×${count}`,
  );
  const rows = [title, ...inRows(counts), ...gradients.map((name) => `→ ${name}`)];
  return `"${scope}" [label="${rows.join('\\n')}" fillcolor="${fill}" color="${line}"];`;
}

/** A few operators a row. */
function inRows(entries: readonly string[]): readonly string[] {
  const rows: string[] = [];
  for (let start = 0; start < entries.length; start += 4) {
    rows.push(entries.slice(start, start + 4).join(', '));
  }
  return rows;
}

function drawEdges(nodes: readonly DrawnNode[]): readonly string[] {
  const madeBy = new Map(
    nodes.flatMap(({ scope, outputs }) => outputs.map((name) => [name, scope] as const)),
  );
  const edges = new Set<string>();
  for (const { scope, inputs } of nodes) {
    for (const input of inputs) {
      const from = madeBy.get(input);
      if (from !== undefined && from !== scope) {
        edges.add(drawEdge(from, scope));
      }
    }
  }
  return [...edges];
}

/** Gradients run upwards: their edges are told backwards, so that both columns have the same order. */
function drawEdge(from: string, to: string): string {
  if (!isGradient(to)) {
    return `"${from}" -> "${to}" [color="${FORWARD.line}" weight=4];`;
  }
  if (isGradient(from)) {
    return `"${to}" -> "${from}" [dir=back color="${GRADIENT.line}" weight=4];`;
  }
  return `"${from}" -> "${to}" [color="${KEPT}" style=dashed constraint=false];`;
}

function isGradient(scope: string): boolean {
  return scope.endsWith('/gradient');
}
