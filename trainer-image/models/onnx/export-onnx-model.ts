/**
 * The model people take away from training their own network: their graph, with trained numbers put in and batch norm folded
 * into the convolutions, inside the frame that the zoo's models have. In: the file as it was, trained parameters and
 * population statistics. Out: the bytes of the model.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from 'onnx-buf';
import type { PixelStatistics } from '../../../multigrid/contract/pixels.ts';
import { modelMessage } from '../../graph/encode.ts';
import { Graph } from '../../graph/graph.ts';
import { tensorMessage } from '../../graph/tensor-message.ts';
import { TYPE_CODES } from '../../graph/value.ts';
import { exportedClip, exportMetadata, outputProbabilities } from '../export-frame.ts';
import type { InputShape, LossName, NetworkValues } from '../network.ts';
import { OnnxFileError } from './errors.ts';
import { foldNormalizations, type Numbers } from './fold-normalizations.ts';
import type { ImportedNetwork } from './imported-forward.ts';
import type { Inventory } from './inventory.ts';
import type { OnnxModel, OnnxNode } from './model.ts';
import { storedTensor } from './stored-tensor.ts';

export interface TrainedFile extends ImportedNetwork {
  readonly proto: ModelProto;
  readonly loss: LossName;
  readonly pixels: PixelStatistics;
}

/** @param values all that the network has. */
export function exportOnnxModel(
  file: TrainedFile,
  values: NetworkValues,
  shape: Omit<InputShape, 'clips'>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const { inventory, proto } = file;
  const { graph } = proto;
  if (graph === undefined) {
    throw new OnnxFileError('the file holds no graph');
  }
  const trained = new Trained(inventory, values);
  const byOutput = new Map(graph.node.map((node) => [node.output[0] ?? '', node]));
  const makers = new Map(inventory.nodes.map((node) => [node.outputs[0] ?? '', node]));
  const nodes = inventory.nodes.map((node) =>
    withoutNoBias(trained.rewrite(byOutput.get(node.outputs[0]!)!, node), makers),
  );
  const stored = inventory.model.initializers;
  const folded = foldNormalizations(
    nodes,
    (name) => trained.numbers(name) ?? numbersIn(stored, name),
    inventory.logits,
  );
  const used = new Set(folded.nodes.flatMap((node) => node.input));
  const kept = graph.initializer
    .filter(({ name }) => used.has(name) && trained.numbers(name) === null)
    .map((tensor) => storedTensor(tensor, inventory.model));
  const around = frameOf(file, shape, metadata);
  const frame = around.graph!;
  const names = new ValueNames(frame, inventory);
  const [clip, logits] = frame.input;
  const [, probabilities] = frame.output;
  const exported = create(ModelProtoSchema, {
    ...around,
    irVersion: proto.irVersion,
    opsetImport: proto.opsetImport,
    graph: {
      ...frame,
      name: graph.name === '' ? 'imported' : graph.name,
      node: [...frame.node.slice(0, -1), ...folded.nodes.map(names.inNode), ...frame.node.slice(-1)],
      initializer: [
        ...frame.initializer,
        ...kept.map(names.inTensor),
        ...trained.tensors(used),
        ...folded.tensors,
      ],
      input: [clip!],
      output: [logits!, probabilities!],
    },
  });
  return toBinary(ModelProtoSchema, exported);
}

const LOGITS = 'logits';
const NORMALIZED = 'clip.normalised';

/**
 * What goes around the file's nodes: from `clip` to its normalised form, and, the last node, from `logits` to `probabilities`.
 * Clips of a run are free, unless the file was exported for a number of them.
 */
function frameOf(
  { inventory, numClasses, clipAxes: axes, loss, pixels }: TrainedFile,
  shape: Omit<InputShape, 'clips'>,
  metadata: ReadonlyMap<string, string>,
): ModelProto {
  const graph = new Graph();
  const exportedFor = inventory.model.input.dims[0];
  const isFree = typeof exportedFor !== 'number';
  const clips = isFree ? 1 : exportedFor;
  graph.output(NORMALIZED, exportedClip(graph, { ...shape, clips }, { pixels, axes }));
  outputProbabilities(graph, graph.input(LOGITS, 'float32', [clips, numClasses]), loss);
  return modelMessage(graph, {
    graphName: 'frame',
    ...(isFree ? { freeFirstAxis: 'N' } : {}),
    metadata: exportMetadata(shape, pixels, metadata),
  });
}

/**
 * A convolution without the zeros that PyTorch's exporter writes as the bias of one that has none: with optimize=False
 * they come in a shape that ONNX Runtime refuses.
 */
function withoutNoBias(node: NodeProto, makers: ReadonlyMap<string, OnnxNode>): NodeProto {
  const bias = makers.get(node.input[2] ?? '');
  const isNothing = node.opType === 'Conv' && bias?.operator === 'Expand' && isZero(bias.inputs[0], makers);
  return isNothing ? { ...node, input: node.input.slice(0, 2) } : node;
}

function isZero(name: string | undefined, makers: ReadonlyMap<string, OnnxNode>): boolean {
  const maker = makers.get(name ?? '');
  if (maker?.operator === 'Cast' || maker?.operator === 'CastLike') {
    return isZero(maker.inputs[0], makers);
  }
  const value = maker?.attributes.get('value');
  return value?.kind === 'tensor' && value.value.data.every((element) => element === 0);
}

/** New names for the file's values that would clash with those of the frame. */
class ValueNames {
  readonly #names: ReadonlyMap<string, string>;

  constructor({ input, initializer, node }: GraphProto, { model, logits }: Inventory) {
    const taken = [...input, ...initializer].map(({ name }) => name);
    const made = node.flatMap(({ output }) => output);
    this.#names = new Map([
      ...[...taken, ...made].map((name) => [name, `${name}.inner`] as const),
      [model.input.name, NORMALIZED],
      [logits, LOGITS],
    ]);
  }

  readonly inNode = (node: NodeProto): NodeProto => ({
    ...node,
    input: node.input.map((name) => this.#of(name)),
    output: node.output.map((name) => this.#of(name)),
  });

  readonly inTensor = (tensor: TensorProto): TensorProto => ({ ...tensor, name: this.#of(tensor.name) });

  #of(name: string): string {
    return this.#names.get(name) ?? name;
  }
}

/** Trained numbers, and the nodes changed to read them. */
class Trained {
  readonly #inventory: Inventory;
  readonly #numbers = new Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }>();
  readonly #values: NetworkValues;

  constructor(inventory: Inventory, values: NetworkValues) {
    this.#inventory = inventory;
    this.#values = values;
    for (const { name, dims } of inventory.parameters) {
      this.#numbers.set(storedName(name), { dims, data: values.parameters.get(name)! });
    }
  }

  /** What a trained tensor holds; null for every other name. */
  numbers(name: string): Numbers | null {
    return this.#numbers.get(name) ?? null;
  }

  tensors(used: ReadonlySet<string>): readonly TensorProto[] {
    return [...this.#numbers]
      .filter(([name]) => used.has(name))
      .map(([name, { dims, data }]) => tensorMessage(name, TYPE_CODES.float32, dims, data));
  }

  rewrite(proto: NodeProto, node: OnnxNode): NodeProto {
    const { readings, normalizations, parameters } = this.#inventory;
    const input = proto.input.map((name, position) => {
      const parameter = readings.get(node)?.get(position);
      const source = parameters.find((entry) => entry.source === name)?.name;
      const trained = storedName(parameter ?? source ?? '');
      return this.#numbers.has(trained) ? trained : name;
    });
    const layer = normalizations.get(node);
    if (layer === undefined) {
      return { ...proto, input };
    }
    const statistics = [
      ['mean', this.#values.means],
      ['variance', this.#values.variances],
    ] as const;
    statistics.forEach(([kind, numbers], index) => {
      const name = `${layer.name}.population_${kind}`;
      this.#numbers.set(name, { dims: [layer.channels], data: numbers.get(layer.name)! });
      input[3 + index] = name;
    });
    const attribute = proto.attribute.filter(({ name }) => name !== 'training_mode');
    return { ...proto, input, output: proto.output.slice(0, 1), attribute };
  }
}

/** Not the parameter's own name, which an Identity node of the file may make. */
function storedName(parameter: string): string {
  return `${parameter}.trained`;
}

function numbersIn(stored: OnnxModel['initializers'], name: string): Numbers | null {
  const tensor = stored.get(name);
  return tensor?.type === 'float' && tensor.data !== null ? { dims: tensor.dims, data: tensor.data } : null;
}
