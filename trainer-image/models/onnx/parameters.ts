/**
 * Which stored tensors are trained. In: the nodes in order. Out: the parameters with their roles and first values, the large
 * tensors that stay as they are, and which input of which node reads which. A float tensor is a parameter when the loss depends
 * on it through inputs that have a gradient; numbers that an exporter wrote down (epsilons, scales) are not.
 */
import { elementCount } from '../../graph/value.ts';
import type { DeclaredParameter, Initialization } from '../initial-values.ts';
import type { ParameterInfo } from '../network.ts';
import type { Classifier } from './classifier.ts';
import { OnnxUnsupportedError } from './errors.ts';
import { firstValues } from './first-values.ts';
import { frozenTensor, isMask } from './frozen-tensors.ts';
import type { ImportedFrozenTensor } from './frozen-tensors.ts';
import type { StoredNumbers } from './known-tensor.ts';
import type { Initializer, OnnxModel, OnnxNode } from './model.ts';
import { NORMALIZING } from './normalizations.ts';
import { OPERATORS } from './operators.ts';

export interface ImportedParameter extends DeclaredParameter {
  /** The stored tensor it comes from. */
  readonly source: string;
}

/** From a node and the position of an input to the name of a parameter or frozen tensor. */
export type StoredReadings = ReadonlyMap<OnnxNode, ReadonlyMap<number, string>>;

export interface FoundTensors {
  readonly parameters: readonly ImportedParameter[];
  readonly frozen: readonly ImportedFrozenTensor[];
  readonly readings: StoredReadings;
}

interface Reader {
  readonly node: OnnxNode;
  readonly position: number;
}

export interface ParameterOptions {
  readonly classifier: Classifier | null;
  readonly numClasses: number;
  readonly frozen: readonly string[];
}

/** Names that exporters make up for constants. Names of PyTorch's own tensors are not among them. */
const MADE_UP =
  /^(_?val_\d+|onnx::.*|.*Constant.*|.*_output_\d+|.*scalar_tensor.*|.*lifted_tensor.*|clone.*)$/;

/** Names that the graphs use for themselves. */
const RESERVED = /^(clip|target|dropoutMask|loss|logits|(mean|variance|gradient|frozen)\/.*)$/;

export function findParameters(
  graph: { readonly model: OnnxModel; readonly nodes: readonly OnnxNode[]; readonly logits: string },
  options: ParameterOptions,
  notes: string[],
): FoundTensors {
  const { initializers } = graph.model;
  const floats = new Map(
    [...initializers, ...constantsOf(graph.nodes)].filter(([, { type }]) => type === 'float'),
  );
  const parameters: ImportedParameter[] = [];
  const frozen: ImportedFrozenTensor[] = [];
  const readings = new Map<OnnxNode, Map<number, string>>();
  const note = (group: readonly Reader[], name: string): void => {
    for (const { node, position } of group) {
      const byPosition = readings.get(node) ?? new Map<number, string>();
      readings.set(node, byPosition.set(position, name));
    }
  };
  let split = 0;
  for (const [source, list] of differentiableReaders(graph, floats)) {
    const tensor = floats.get(source)!;
    if (!initializers.has(source) || !isTrained(tensor, list, options.frozen)) {
      const kept = frozenTensor(tensor);
      if (kept !== null) {
        frozen.push(kept);
        note(list, kept.name);
      }
      continue;
    }
    const merged = isMerged(tensor, list);
    const groups = merged ? directFirst(list).map((reader) => [reader]) : [list];
    split += merged ? 1 : 0;
    groups.forEach((group, index) => {
      const parameter = describe(tensor, group, {
        index,
        isMerged: merged,
        nodes: graph.nodes,
        ...options,
      });
      parameters.push(parameter);
      note(group, parameter.name);
    });
  }
  if (split > 0) {
    notes.push(
      `${split} tensors of equal numbers are read by several layers, as exporters merge them; each layer trains its own`,
    );
  }
  noteClassifier(options, notes);
  return { parameters, frozen, readings };
}

/** Tensors that an exporter wrote into nodes instead of beside them; they are not trained. */
function constantsOf(nodes: readonly OnnxNode[]): readonly (readonly [string, Initializer])[] {
  return nodes.flatMap(({ operator, outputs: [name = ''], attributes }) => {
    const value = attributes.get('value');
    return operator === 'Constant' && value?.kind === 'tensor' ? [[name, { name, ...value.value }]] : [];
  });
}

/** Readers of stored float tensors through which a gradient flows, in forward order. */
function differentiableReaders(
  { nodes, logits }: { readonly nodes: readonly OnnxNode[]; readonly logits: string },
  floats: ReadonlyMap<string, Initializer>,
): ReadonlyMap<string, readonly Reader[]> {
  const flows = new Set([logits]);
  const found: Reader[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => flows.has(output))) {
      continue;
    }
    const slots = OPERATORS.get(node.operator)?.differentiable ?? [];
    node.inputs.forEach((name, position) => {
      if (slots === 'all' || slots.includes(position)) {
        flows.add(name);
        found.push({ node, position });
      }
    });
  }
  const readers = new Map<string, Reader[]>();
  for (const reader of found.toReversed()) {
    const name = reader.node.inputs[reader.position]!;
    if (floats.has(name)) {
      readers.set(name, [...(readers.get(name) ?? []), reader]);
    }
  }
  return readers;
}

function isTrained(tensor: Initializer, readers: readonly Reader[], frozen: readonly string[]): boolean {
  const { name, dims, data } = tensor;
  const isOnlyMask = data !== null && isMask(data);
  if (isOnlyMask || frozen.some((beginning) => name.startsWith(beginning))) {
    return false;
  }
  const isWeight = readers.some(
    ({ node, position }) => OPERATORS.get(node.operator)?.weights?.includes(position) ?? false,
  );
  const elements = elementCount(dims);
  const isNamed = !MADE_UP.test(name) && (elements > 1 || name.includes('.'));
  return (isWeight && dims.length > 0) || isNamed;
}

/** Exporters store equal tensors once: fresh norms and biases of many layers become one tensor of ones or zeros. */
function isMerged({ dims, data }: Initializer, readers: readonly Reader[]): boolean {
  if (readers.length < 2 || dims.length > 1) {
    return false;
  }
  return data === null
    ? readers.some(({ node }) => node.operator === 'Identity')
    : data.every((value) => value === data[0]);
}

/** Readers of the tensor itself before those of its copies, so that its own name goes to one of them. */
function directFirst(readers: readonly Reader[]): readonly Reader[] {
  const isCopy = ({ node }: Reader): boolean => node.operator === 'Identity';
  return [...readers.filter((reader) => !isCopy(reader)), ...readers.filter(isCopy)];
}

interface Described extends ParameterOptions {
  /** Number of the parameter among those of its tensor. */
  readonly index: number;
  readonly isMerged: boolean;
  readonly nodes: readonly OnnxNode[];
}

function describe(tensor: Initializer, readers: readonly Reader[], options: Described): ImportedParameter {
  const { classifier, numClasses } = options;
  const [reader] = readers;
  const name = parameterName(tensor.name, reader!, options);
  if (RESERVED.test(name)) {
    throw new OnnxUnsupportedError(
      `the tensor ${name} has a name that training needs; rename it in the network`,
    );
  }
  const part = [classifier?.weight, classifier?.bias].find((entry) => entry?.name === tensor.name);
  const isNewClassifier = part !== undefined && part !== null && classifier?.numClasses !== numClasses;
  const dims = isNewClassifier ? tensor.dims.with(part.classAxis, numClasses) : tensor.dims;
  const role = roleOf(dims, throughCopies(reader!, options.nodes));
  const initialization: Initialization =
    tensor.data === null || isNewClassifier
      ? firstValues(dims, role, { operator: reader!.node.operator, isClassifier: part !== undefined })
      : { kind: 'stored', values: float32Of(tensor.data) };
  return { name, dims, role, decay: role === 'weight', source: tensor.name, initialization };
}

/** The file's own numbers where they are of the type that is trained. */
function float32Of(data: StoredNumbers): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** An Identity on a merged tensor carries the name that PyTorch has for it. */
function parameterName(source: string, { node }: Reader, options: Described): string {
  if (!options.isMerged) {
    return source;
  }
  if (node.operator === 'Identity') {
    return node.outputs[0] ?? source;
  }
  return options.index === 0 ? source : `${source}@${node.name}`;
}

/** Operators behind which a tensor holds the same numbers. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Unsqueeze', 'Reshape']);

/** The first reader that computes with the numbers. */
function throughCopies(reader: Reader, nodes: readonly OnnxNode[]): Reader {
  const [copy] = reader.node.outputs;
  if (!VIEWS.has(reader.node.operator) || copy === undefined) {
    return reader;
  }
  const node = nodes.find(({ inputs }) => inputs.includes(copy));
  return node === undefined ? reader : throughCopies({ node, position: node.inputs.indexOf(copy) }, nodes);
}

function roleOf(dims: readonly number[], { node, position }: Reader): ParameterInfo['role'] {
  if (dims.length > 1) {
    return 'weight';
  }
  if (NORMALIZING.has(node.operator)) {
    return position === 1 ? 'gamma' : 'beta';
  }
  // The scale of a norm that was exported piece by piece; from 0 the network would never leave it.
  return node.operator === 'Mul' ? 'gamma' : 'bias';
}

function noteClassifier({ classifier, numClasses }: ParameterOptions, notes: string[]): void {
  if (classifier !== null && classifier.numClasses !== numClasses) {
    notes.push(
      `the classifier ${classifier.weight.name} has ${classifier.numClasses} classes in the file and is replaced by a new one for ${numClasses}`,
    );
  }
}
