/**
 * From the bytes of a file to a checked network. Files are untrusted: everything is bounded and named before it is used,
 * and nothing is run. In: protobuf bytes and a way to read external data. Out: an `OnnxModel`, its nodes in an order in
 * which they can run, and the message it was read from. Next: `inventory.ts` finds the parameters.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema } from 'onnx-buf';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from 'onnx-buf';
import { TYPE_CODES } from '../../graph/value.ts';
import { OnnxFileError, OnnxUnsupportedError } from './errors.ts';
import type { AttributeValue, AxisLength, Initializer, OnnxModel, OnnxNode } from './model.ts';
import { orderNodes } from './order-nodes.ts';
import { ownBytes } from './own-bytes.ts';
import { readTensor } from './tensor-data.ts';
import type { ReadExternal } from './tensor-data.ts';

export const OPSETS = { least: 17, most: 23 };

const MAX_NODES = 200_000;
const MAX_TENSORS = 100_000;

export interface OpenedModel {
  readonly model: OnnxModel;
  /** The file as it is, for the export, which puts trained numbers into it; shares the memory of large tensors. */
  readonly proto: ModelProto;
}

/**
 * @param bytes Not needed any more afterwards.
 * @throws OnnxFileError when the bytes are no sound model.
 * @throws OnnxUnsupportedError when the model is sound but of a kind that cannot be trained.
 */
export function readModel(bytes: Uint8Array, readExternal: ReadExternal): OpenedModel {
  const proto = decodeModel(bytes);
  ownBytes(proto);
  const { graph } = proto;
  if (graph === undefined) {
    throw new OnnxFileError('the file holds no graph; is it an ONNX model?');
  }
  if (graph.node.length > MAX_NODES || graph.initializer.length > MAX_TENSORS) {
    throw new OnnxFileError(
      `${graph.node.length} nodes and ${graph.initializer.length} tensors are more than a network has ` +
        `(${MAX_NODES} and ${MAX_TENSORS})`,
    );
  }
  const opset = opsetOf(proto);
  const initializers = readInitializers(graph, readExternal);
  const input = readInput(graph, initializers);
  const nodes = graph.node.map((node, index) => readNode(node, index, readExternal));
  const output = readOutput(graph);
  const model = {
    opset,
    input,
    output,
    initializers,
    nodes: orderNodes(nodes, { given: new Set([input.name, ...initializers.keys()]), output }),
  };
  return { model, proto };
}

/** @throws OnnxFileError when the bytes are no ONNX model. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new OnnxFileError(
      `the file is not a complete ONNX model (${bytes.length} bytes that do not decode); is it complete?`,
      { cause },
    );
  }
}

function opsetOf(proto: ModelProto): number {
  const foreign = proto.opsetImport.filter(({ domain }) => domain !== '' && domain !== 'ai.onnx');
  const used = new Set(proto.graph?.node.map(({ domain }) => domain));
  const [offending] = foreign.filter(({ domain }) => used.has(domain));
  if (offending !== undefined || proto.functions.length > 0) {
    throw new OnnxUnsupportedError(
      `the network uses ${offending === undefined ? 'functions of its own' : `operators of ${offending.domain}`}; ` +
        'export it with ONNX operators only',
    );
  }
  const opset = Number(
    proto.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version,
  );
  if (!(opset >= OPSETS.least && opset <= OPSETS.most)) {
    throw new OnnxUnsupportedError(
      `the network was exported with opset ${opset}; export it with opset_version ${OPSETS.least} to ${OPSETS.most}`,
    );
  }
  return opset;
}

function readInitializers(graph: GraphProto, readExternal: ReadExternal): ReadonlyMap<string, Initializer> {
  const initializers = new Map<string, Initializer>();
  for (const tensor of graph.initializer) {
    const where = `tensor ${JSON.stringify(tensor.name)}`;
    if (tensor.name === '' || initializers.has(tensor.name)) {
      throw new OnnxFileError(`${where} ${tensor.name === '' ? 'has no name' : 'occurs twice'}`);
    }
    initializers.set(tensor.name, readTensor(tensor, where, readExternal));
  }
  if (graph.sparseInitializer.length > 0) {
    throw new OnnxUnsupportedError('the network has sparse tensors; export it with dense ones');
  }
  return initializers;
}

/** The one input that is no stored tensor. */
function readInput(graph: GraphProto, initializers: ReadonlyMap<string, Initializer>): OnnxModel['input'] {
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new OnnxUnsupportedError(
      `the network has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}); it must have one, the clip`,
    );
  }
  return { name: input.name, dims: inputDims(input) };
}

function inputDims(input: ValueInfoProto): readonly AxisLength[] {
  const type = input.type?.value;
  if (type?.case !== 'tensorType' || type.value.elemType !== TYPE_CODES.float32) {
    throw new OnnxUnsupportedError(
      `input ${input.name} is not a float32 tensor; export the network in float32`,
    );
  }
  return (type.value.shape?.dim ?? []).map(({ value }, axis) => {
    switch (value.case) {
      case 'dimValue':
        return Number(value.value);
      case 'dimParam':
        return value.value;
      case undefined:
        return `axis${axis}`;
    }
  });
}

function readOutput(graph: GraphProto): string {
  const [output, ...others] = graph.output;
  if (output === undefined || others.length > 0) {
    throw new OnnxUnsupportedError(
      `the network has ${graph.output.length} outputs; it must have one, the logits [N, classes]`,
    );
  }
  return output.name;
}

function readNode(node: NodeProto, index: number, readExternal: ReadExternal): OnnxNode {
  const name = node.name === '' ? (node.output[0] ?? `node ${index}`) : node.name;
  const attributes = new Map<string, AttributeValue>();
  for (const attribute of node.attribute) {
    const where = `attribute ${attribute.name} of node ${JSON.stringify(name)}`;
    attributes.set(attribute.name, readAttribute(attribute, where, readExternal));
  }
  return { name, operator: node.opType, inputs: node.input, outputs: node.output, attributes };
}

/** Readers by kind of attribute; nodes whose other kinds matter (graphs, say) have operators that are not supported. */
const ATTRIBUTE_READERS: ReadonlyMap<
  AttributeProto_AttributeType,
  (attribute: AttributeProto, where: string, readExternal: ReadExternal) => AttributeValue
> = new Map([
  [AttributeProto_AttributeType.INT, ({ i }) => ({ kind: 'int', value: Number(i) })],
  [AttributeProto_AttributeType.INTS, ({ ints }) => ({ kind: 'ints', values: ints.map(Number) })],
  [AttributeProto_AttributeType.FLOAT, ({ f }) => ({ kind: 'float', value: f })],
  [AttributeProto_AttributeType.FLOATS, ({ floats }) => ({ kind: 'floats', values: floats })],
  [AttributeProto_AttributeType.STRING, ({ s }) => ({ kind: 'string', value: new TextDecoder().decode(s) })],
  [
    AttributeProto_AttributeType.STRINGS,
    ({ strings }) => ({ kind: 'strings', values: strings.map((text) => new TextDecoder().decode(text)) }),
  ],
  [AttributeProto_AttributeType.TENSOR, tensorAttribute],
]);

function readAttribute(attribute: AttributeProto, where: string, readExternal: ReadExternal): AttributeValue {
  const read = ATTRIBUTE_READERS.get(attribute.type);
  return read === undefined ? { kind: 'other' } : read(attribute, where, readExternal);
}

function tensorAttribute({ t }: AttributeProto, where: string, readExternal: ReadExternal): AttributeValue {
  const tensor = t === undefined ? null : readTensor(t, where, readExternal);
  const data = tensor?.data ?? null;
  if (tensor === null || data === null) {
    throw new OnnxFileError(`${where} holds no numbers`);
  }
  return { kind: 'tensor', value: { type: tensor.type, dims: tensor.dims, data } };
}
