/**
 * The model people take away from training their own network: their graph, with trained numbers put in and batch norm folded
 * into the convolutions. In: the file as it was, trained parameters and population statistics. Out: a model with the same front and back as the zoo's: input `clip`
 * uint8 `[N, T, H, W, 3]`, outputs `logits` and `probabilities`.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema, NodeProtoSchema } from 'onnx-buf';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProtoSchema } from 'onnx-buf';
import { PIXEL_DEVIATION, PIXEL_MEAN } from '../../autodiff/rules/clip.ts';
import { elementCount } from '../../graph/value.ts';
import { MissingValueError } from '../export-layers.ts';
import type { NetworkValues } from '../network.ts';
import { OnnxFileError } from './errors.ts';
import { floatTensor } from './float-tensor.ts';
import { foldNormalizations, type Numbers } from './fold-normalizations.ts';
import type { ImportedNetwork } from './imported-graphs.ts';
import type { OnnxModel, OnnxNode } from './model.ts';
import { storedTensor } from './stored-tensor.ts';

export interface ImportedExport {
  readonly frames: number;
  readonly cropSize: number;
  readonly metadata: ReadonlyMap<string, string>;
}

const FLOAT = 1;
const UINT8 = 2;

/** @throws MissingValueError when a parameter or a batch norm's statistics are missing. */
export function exportOnnxModel(
  { network, proto }: { readonly network: ImportedNetwork; readonly proto: ModelProto },
  values: NetworkValues,
  options: ImportedExport,
): Uint8Array {
  const { graph } = proto;
  if (graph === undefined) {
    throw new OnnxFileError('the file holds no graph');
  }
  const names = new ValueNames(graph, network);
  const trained = new Trained(network, values);
  const byOutput = new Map(graph.node.map((node) => [node.output[0] ?? '', node]));
  const makers = new Map(network.inventory.nodes.map((node) => [node.outputs[0] ?? '', node]));
  const nodes = network.inventory.nodes.map((node) =>
    withoutNoBias(trained.rewrite(byOutput.get(node.outputs[0]!)!, node), makers),
  );
  const stored = network.inventory.model.initializers;
  const folded = foldNormalizations(
    nodes,
    (name) => trained.numbers(name) ?? numbersIn(stored, name),
    network.inventory.logits,
  );
  const used = new Set(folded.nodes.flatMap((node) => node.input));
  const kept = graph.initializer
    .filter(({ name }) => used.has(name) && trained.numbers(name) === null)
    .map((tensor) => storedTensor(tensor, network.inventory.model));
  const exported = create(ModelProtoSchema, {
    irVersion: proto.irVersion,
    opsetImport: proto.opsetImport,
    producerName: 'multigrid-operator',
    metadataProps: [...metadataOf(network, options)].map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name === '' ? 'imported' : graph.name,
      node: [
        ...preprocessing(network),
        ...folded.nodes.map((node) => names.renamed(node)),
        probabilities(network),
      ],
      initializer: [...preprocessingConstants(network), ...kept, ...trained.tensors(used), ...folded.tensors],
      input: [clipInput(network, options)],
      output: ['logits', 'probabilities'].map((name) => logitsInfo(name, network)),
    },
  });
  return toBinary(ModelProtoSchema, exported);
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

/** New names for the file's values that would clash with those of the exported model. */
class ValueNames {
  readonly #names = new Map<string, string>();

  constructor(graph: GraphProto, { inventory }: ImportedNetwork) {
    const taken = ['clip', 'logits', 'probabilities'];
    for (const name of graph.node.flatMap(({ output }) => output)) {
      if (taken.includes(name)) {
        this.#names.set(name, `${name}.inner`);
      }
    }
    this.#names.set(inventory.model.input.name, 'clip.normalised');
    this.#names.set(inventory.logits, 'logits');
  }

  of(name: string): string {
    return this.#names.get(name) ?? name;
  }

  renamed(node: NodeProto): NodeProto {
    return {
      ...node,
      input: node.input.map((name) => this.of(name)),
      output: node.output.map((name) => this.of(name)),
    };
  }
}

/** Trained numbers, and the nodes changed to read them. */
class Trained {
  readonly #network: ImportedNetwork;
  readonly #numbers = new Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }>();
  readonly #values: NetworkValues;

  constructor(network: ImportedNetwork, values: NetworkValues) {
    this.#network = network;
    this.#values = values;
    for (const { name, dims } of network.inventory.parameters) {
      this.#add(storedName(name), dims, values.parameters.get(name), name);
    }
  }

  /** What a trained tensor holds; null for every other name. */
  numbers(name: string): Numbers | null {
    return this.#numbers.get(name) ?? null;
  }

  tensors(used: ReadonlySet<string>): readonly TensorProto[] {
    return [...this.#numbers]
      .filter(([name]) => used.has(name))
      .map(([name, { dims, data }]) => floatTensor(name, dims, data));
  }

  rewrite(proto: NodeProto, node: OnnxNode): NodeProto {
    const { readings, normalizations } = this.#network.inventory;
    const input = proto.input.map((name, position) => {
      const parameter = readings.get(node)?.get(position);
      const source = this.#network.inventory.parameters.find((entry) => entry.source === name)?.name;
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
      this.#add(name, [layer.channels], numbers.get(layer.name), layer.name);
      input[3 + index] = name;
    });
    const attribute = proto.attribute.filter(({ name }) => name !== 'training_mode');
    return { ...proto, input, output: proto.output.slice(0, 1), attribute };
  }

  #add(name: string, dims: readonly number[], data: Float32Array | undefined, source: string): void {
    if (data?.length !== elementCount(dims)) {
      throw new MissingValueError(
        `${source} is not among the values to export; hand over every parameter and batch norm`,
      );
    }
    this.#numbers.set(name, { dims, data });
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

/** uint8 pixels `[N, T, H, W, 3]` to what the file's input was: (x / 255 - mean) / deviation in its order of axes. */
function preprocessing({ clipAxes }: ImportedNetwork): readonly NodeProto[] {
  const permutation = clipAxes === 'NCTHW' ? [0, 4, 1, 2, 3] : [0, 1, 4, 2, 3];
  const node = (
    opType: string,
    input: readonly string[],
    output: string,
    attribute: MessageInitShape<typeof NodeProtoSchema>['attribute'] = [],
  ): NodeProto =>
    create(NodeProtoSchema, {
      opType,
      name: `clip/${opType}`,
      input: [...input],
      output: [output],
      attribute,
    });
  return [
    node('Cast', ['clip'], 'clip.levels', [
      { name: 'to', type: AttributeProto_AttributeType.INT, i: BigInt(FLOAT) },
    ]),
    node('Mul', ['clip.levels', 'clip.scale'], 'clip.scaled'),
    node('Sub', ['clip.scaled', 'clip.shift'], 'clip.shifted'),
    node('Transpose', ['clip.shifted'], 'clip.normalised', [
      { name: 'perm', type: AttributeProto_AttributeType.INTS, ints: permutation.map(BigInt) },
    ]),
  ];
}

function preprocessingConstants({ pixels }: ImportedNetwork): readonly TensorProto[] {
  const { mean, deviation } = pixelsOf(pixels);
  const scale = Float32Array.from(deviation, (value) => 1 / (255 * value));
  const shift = Float32Array.from(mean, (value, colour) => value / deviation[colour]!);
  return [floatTensor('clip.scale', [3], scale), floatTensor('clip.shift', [3], shift)];
}

function pixelsOf(pixels: ImportedNetwork['pixels']): NonNullable<ImportedNetwork['pixels']> {
  return (
    pixels ?? {
      mean: [PIXEL_MEAN, PIXEL_MEAN, PIXEL_MEAN],
      deviation: [PIXEL_DEVIATION, PIXEL_DEVIATION, PIXEL_DEVIATION],
    }
  );
}

function probabilities({ loss }: ImportedNetwork): NodeProto {
  const isBinary = loss === 'binaryCrossEntropy';
  return create(NodeProtoSchema, {
    name: 'probabilities',
    opType: isBinary ? 'Sigmoid' : 'Softmax',
    input: ['logits'],
    output: ['probabilities'],
    attribute: isBinary ? [] : [{ name: 'axis', type: AttributeProto_AttributeType.INT, i: -1n }],
  });
}

type InfoInit = MessageInitShape<typeof ValueInfoProtoSchema>;

function info(name: string, elemType: number, dims: readonly (number | string)[]): InfoInit {
  const dim = dims.map((length) =>
    typeof length === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(length) } }
      : { value: { case: 'dimParam' as const, value: length } },
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

/** Clips of a run: free, unless the file was exported for a number of them. */
function clipCount({ inventory }: ImportedNetwork): number | string {
  const exported = inventory.model.input.dims[0];
  return typeof exported === 'number' ? exported : 'N';
}

function clipInput(network: ImportedNetwork, { frames, cropSize }: ImportedExport): InfoInit {
  return info('clip', UINT8, [clipCount(network), frames, cropSize, cropSize, 3]);
}

function logitsInfo(name: string, network: ImportedNetwork): InfoInit {
  return info(name, FLOAT, [clipCount(network), network.numClasses]);
}

function metadataOf(
  { pixels }: ImportedNetwork,
  { frames, cropSize, metadata }: ImportedExport,
): ReadonlyMap<string, string> {
  const { mean, deviation } = pixelsOf(pixels);
  return new Map([
    ['input', `clip: uint8 RGB [N, T=${frames}, H=${cropSize}, W=${cropSize}, 3]`],
    ['preprocessing', `inside the model: (x / 255 - [${mean.join(', ')}]) / [${deviation.join(', ')}]`],
    ['frames', String(frames)],
    ['cropSize', String(cropSize)],
    ...metadata,
  ]);
}
