/**
 * Writes a finished graph as an ONNX model. In: a `Graph`. Out: protobuf bytes that ONNX Runtime (or any other ONNX
 * tool) loads. Only what the outputs need is written. Next: the engine makes a session of it, `multigrid export` a file.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema } from 'onnx-buf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AttributeProtoSchema, ModelProto, NodeProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { spellExchanges } from './exchange.ts';
import type { Graph, GraphOutput } from './graph.ts';
import type { Attribute, Node } from './node.ts';
import { tensorMessage } from './tensor-message.ts';
import { TYPE_CODES } from './value.ts';
import type { Value } from './value.ts';

const IR_VERSION = 10n;
const OPSET_VERSION = 21n;

export interface EncodeOptions {
  readonly graphName: string;
  /** Name of the first axis of every input and output when its length is free at run time, e.g. `N`. */
  readonly freeFirstAxis?: string;
  /** Key-value pairs that travel in the model file. */
  readonly metadata?: ReadonlyMap<string, string>;
  /**
   * Write the last node first. ONNX Runtime plans its order from the results back to what they need and takes, of several
   * inputs or results, the one whose node stands last in the file; so it then runs the nodes in the order in which they
   * were emitted: each layer's weight gradient right after its input gradient, and each activation freed as soon as its
   * layer is done. (Written in order, it keeps much of the backward pass for later: a third more memory for an I3D R50.)
   * Other tools want nodes after those they read: leave it out for files that leave the project.
   */
  readonly lastNodeFirst?: boolean;
}

/** The bytes of the model; nodes and constants that no output needs are left out. */
export function encodeModel(graph: Graph, options: EncodeOptions): Uint8Array {
  return toBinary(ModelProtoSchema, modelMessage(graph, options));
}

/** The model before it is bytes, for those who put it together with another. */
export function modelMessage(graph: Graph, options: EncodeOptions): ModelProto {
  const { nodes, outputs: exchanged } = spellExchanges(graph.liveNodes());
  const outputs = [...graph.outputs, ...exchanged];
  const { names, copies } = nameOutputs(outputs, nodes);
  const nameOf = (value: Value): string => names.get(value) ?? value.name;
  const info = (value: Value, name: string): MessageInitShape<typeof ValueInfoProtoSchema> =>
    valueInfo(value, name, options.freeFirstAxis);
  const ordered = [...nodes.map((node) => nodeProto(node, nameOf)), ...copies];
  const domains = new Set(nodes.map((node) => node.domain).filter((domain) => domain !== ''));
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    opsetImport: [
      { domain: '', version: OPSET_VERSION },
      ...[...domains].map((domain) => ({ domain, version: 1n })),
    ],
    producerName: 'multigrid-operator',
    metadataProps: [...(options.metadata ?? [])].map(([key, value]) => ({ key, value })),
    graph: {
      name: options.graphName,
      node: options.lastNodeFirst === true ? ordered.toReversed() : ordered,
      initializer: graph
        .liveConstants()
        .map(({ value: { name, type, dims }, data }) => tensorMessage(name, TYPE_CODES[type], dims, data)),
      input: graph.inputs.map((value) => info(value, value.name)),
      output: outputs.map((output) => info(output.value, output.name)),
    },
  });
}

/** A node's result that is an output gets the output's name; inputs, constants and second names need a copy. */
function nameOutputs(
  outputs: readonly GraphOutput[],
  nodes: readonly Node[],
): {
  readonly names: ReadonlyMap<Value, string>;
  readonly copies: readonly MessageInitShape<typeof NodeProtoSchema>[];
} {
  const computed = new Set(nodes.flatMap((node) => node.outputs));
  const names = new Map<Value, string>();
  const copies: MessageInitShape<typeof NodeProtoSchema>[] = [];
  for (const { name, value } of outputs) {
    if (computed.has(value) && !names.has(value)) {
      names.set(value, name);
    } else {
      copies.push({
        opType: 'Identity',
        name: `${name}/copy`,
        input: [names.get(value) ?? value.name],
        output: [name],
      });
    }
  }
  return { names, copies };
}

function nodeProto(node: Node, nameOf: (value: Value) => string): MessageInitShape<typeof NodeProtoSchema> {
  return {
    name: node.name,
    opType: node.operator,
    domain: node.domain,
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  };
}

function attributeProto(name: string, attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  switch (attribute.kind) {
    case 'int':
      return { name, type: AttributeProto_AttributeType.INT, i: BigInt(attribute.value) };
    case 'ints':
      return { name, type: AttributeProto_AttributeType.INTS, ints: attribute.values.map(BigInt) };
    case 'float':
      return { name, type: AttributeProto_AttributeType.FLOAT, f: attribute.value };
    case 'string':
      return {
        name,
        type: AttributeProto_AttributeType.STRING,
        s: new TextEncoder().encode(attribute.value),
      };
    case 'zero': {
      const dataType = TYPE_CODES[attribute.type];
      const rawData = new Uint8Array(attribute.type === 'float16' ? 2 : 4);
      return { name, type: AttributeProto_AttributeType.TENSOR, t: { dataType, dims: [1n], rawData } };
    }
  }
}

function valueInfo(
  value: Value,
  name: string,
  freeFirstAxis: string | undefined,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = value.dims.map((length, axis) =>
    axis === 0 && freeFirstAxis !== undefined
      ? { value: { case: 'dimParam' as const, value: freeFirstAxis } }
      : { value: { case: 'dimValue' as const, value: BigInt(length) } },
  );
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: TYPE_CODES[value.type], shape: { dim } } } },
  };
}
