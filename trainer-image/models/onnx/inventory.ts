/**
 * What an imported network is made of, before any shape is known: which stored tensors are parameters and in what role, which
 * are inputs that stay as they are, where batch norm is, which node is the classifier. In: a checked model. Out: an `Inventory`. Next: `walk.ts` builds graphs
 * from it, `create-onnx-network.ts` lists it for the trainer.
 */
import { findClassifier } from './classifier.ts';
import type { Classifier } from './classifier.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { OnnxModel, OnnxNode } from './model.ts';
import { findNormalizations, NORMALIZING } from './normalizations.ts';
import type { ImportedNormalization } from './normalizations.ts';
import { OPERATORS } from './operators.ts';
import { findParameters } from './parameters.ts';
import type { FoundTensors } from './parameters.ts';

export interface Inventory extends FoundTensors {
  readonly model: OnnxModel;
  /** Nodes up to the logits, in order. */
  readonly nodes: readonly OnnxNode[];
  /** Name of the value that the loss is taken of. */
  readonly logits: string;
  readonly normalizations: ReadonlyMap<OnnxNode, ImportedNormalization>;
  readonly classifier: Classifier | null;
  /** What a person should know about how the file was understood. */
  readonly notes: readonly string[];
}

export interface InventoryOptions {
  readonly numClasses: number;
  /** Names, or beginnings of names, of stored tensors that are not trained. */
  readonly frozen: readonly string[];
}

/** @throws OnnxUnsupportedError naming every operator that has no handler. */
export function takeInventory(model: OnnxModel, options: InventoryOptions): Inventory {
  const notes: string[] = [];
  const { nodes, logits } = withoutFinalActivation(model, notes);
  requireOperators(nodes);
  const classifier = findClassifier(model, nodes, logits);
  const found = findParameters({ model, nodes, logits }, { classifier, ...options }, notes);
  const normalizations = findNormalizations(model, nodes);
  noteFoldedNormalization(nodes, normalizations.size, notes);
  return { model, nodes, logits, classifier, normalizations, notes, ...found };
}

/** A loss works on logits: a softmax or sigmoid at the end is left out. */
function withoutFinalActivation(
  model: OnnxModel,
  notes: string[],
): { readonly nodes: readonly OnnxNode[]; readonly logits: string } {
  const last = model.nodes.find(({ outputs }) => outputs[0] === model.output);
  const isActivation = last?.operator === 'Softmax' || last?.operator === 'Sigmoid';
  const source = last?.inputs[0];
  if (last === undefined || !isActivation || source === undefined) {
    return { nodes: model.nodes, logits: model.output };
  }
  notes.push(
    `the ${last.operator} at the end (${last.name}) is left out: training takes the logits before it`,
  );
  return { nodes: model.nodes.filter((node) => node !== last), logits: source };
}

function requireOperators(nodes: readonly OnnxNode[]): void {
  const unknown = nodes.filter(({ operator }) => !OPERATORS.has(operator));
  const [first] = unknown;
  if (first === undefined) {
    return;
  }
  const kinds = [...new Set(unknown.map(({ operator }) => operator))];
  const others = kinds.filter((operator) => operator !== first.operator);
  throw new OnnxUnsupportedError(
    `node ${JSON.stringify(first.name)} (${first.operator}): the operator is not supported` +
      `${others.length > 0 ? `, nor are ${others.join(', ')} elsewhere in the file` : ''}; ` +
      '`multigrid operators` lists what is',
  );
}

function noteFoldedNormalization(nodes: readonly OnnxNode[], count: number, notes: string[]): void {
  const hasConvolutions = nodes.some(({ operator, inputs }) => operator === 'Conv' && inputs.length > 2);
  if (count === 0 && hasConvolutions && !nodes.some(({ operator }) => NORMALIZING.has(operator))) {
    notes.push(
      'the file has convolutions with biases and no batch norm: if the network has batch norm, the exporter folded it ' +
        'away, and it is trained without. Export with optimize=False (or training=PRESERVE) to keep it',
    );
  }
}
