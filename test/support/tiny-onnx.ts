/**
 * ONNX models of a few nodes, written out by hand for tests of the engine. In: ports and nodes. Out: the bytes that
 * `Engine.createSession` takes. Real networks come from trainer-image/graph; this has no idea of shapes or types.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';

type PortType = 'float32' | 'uint8' | 'int64' | 'int32' | 'bool' | 'float16' | 'double';

/** A size, or the name of a size that stays open. */
type Dim = number | string;

export interface TinyPort {
  readonly name: string;
  readonly type?: PortType;
  readonly dims: readonly Dim[];
}

export interface TinyNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
}

const ELEMENT_TYPES: Readonly<Record<PortType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  uint8: TensorProto_DataType.UINT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
  float16: TensorProto_DataType.FLOAT16,
  double: TensorProto_DataType.DOUBLE,
};

/** Encodes a model of opset 18. */
export function tinyModel(
  inputs: readonly TinyPort[],
  outputs: readonly TinyPort[],
  nodes: readonly TinyNode[],
): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    opsetImport: [{ domain: '', version: 18n }],
    graph: {
      name: 'tiny',
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
      node: nodes.map(({ op, inputs: input, outputs: output, ints = {} }) => ({
        opType: op,
        input: [...input],
        output: [...output],
        attribute: Object.entries(ints).map(([name, value]) =>
          typeof value === 'number'
            ? { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
            : { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) },
        ),
      })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function valueInfo({ name, type = 'float32', dims }: TinyPort) {
  return {
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: ELEMENT_TYPES[type],
          shape: {
            dim: dims.map((dim) => ({
              value:
                typeof dim === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(dim) }
                  : { case: 'dimParam' as const, value: dim },
            })),
          },
        },
      },
    },
  };
}
