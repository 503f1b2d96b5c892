/**
 * Nodes in an order in which they can run, only those that the output needs. In: nodes as the file lists them. Out: the
 * ordered list. Finds cycles, values that nobody makes, values that two nodes make.
 */
import { OnnxFileError } from './errors.ts';
import type { OnnxNode } from './model.ts';

export interface GraphEnds {
  /** Values that exist before the first node: the input and the stored tensors. */
  readonly given: ReadonlySet<string>;
  readonly output: string;
}

/** @throws OnnxFileError naming the node when the graph is not one that can run. */
export function orderNodes(nodes: readonly OnnxNode[], { given, output }: GraphEnds): readonly OnnxNode[] {
  const makers = makersOf(nodes, given);
  const ordered: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  // An explicit stack: a chain of nodes may be longer than the call stack is deep.
  const stack = [makerOf(output, makers, { given, reader: 'the output' })];
  while (stack.length > 0) {
    const node = stack.at(-1);
    if (node === null || node === undefined || state.get(node) === 'done') {
      stack.pop();
      continue;
    }
    if (state.get(node) === 'open') {
      state.set(node, 'done');
      ordered.push(node);
      stack.pop();
      continue;
    }
    state.set(node, 'open');
    for (const name of node.inputs.filter((entry) => entry !== '')) {
      const maker = makerOf(name, makers, { given, reader: `node ${JSON.stringify(node.name)}` });
      if (maker !== null && state.get(maker) === 'open') {
        throw new OnnxFileError(
          `node ${JSON.stringify(node.name)} needs ${JSON.stringify(name)}, which is made from its own result: a cycle`,
        );
      }
      stack.push(maker);
    }
  }
  return ordered;
}

function makersOf(nodes: readonly OnnxNode[], given: ReadonlySet<string>): ReadonlyMap<string, OnnxNode> {
  const makers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const name of node.outputs.filter((entry) => entry !== '')) {
      if (given.has(name) || makers.has(name)) {
        throw new OnnxFileError(
          `node ${JSON.stringify(node.name)} makes ${JSON.stringify(name)}, which exists already`,
        );
      }
      makers.set(name, node);
    }
  }
  return makers;
}

/** The node that makes a value; null for values that are given. */
function makerOf(
  name: string,
  makers: ReadonlyMap<string, OnnxNode>,
  { given, reader }: { readonly given: ReadonlySet<string>; readonly reader: string },
): OnnxNode | null {
  const maker = makers.get(name);
  if (maker === undefined && !given.has(name)) {
    throw new OnnxFileError(`${reader} needs ${JSON.stringify(name)}, which nothing in the file makes`);
  }
  return maker ?? null;
}
