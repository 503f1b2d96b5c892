/**
 * ONNX files of a few nodes with all kinds of attributes and stored tensors, as users bring them, written out by hand for
 * tests of the handlers. In: nodes, tensors, the dims of the clip. Out: the bytes of a model. (`tiny-onnx.ts` is for tests of
 * the engine: no tensors, whole numbers only.)
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';

export interface FileNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly strings?: Readonly<Record<string, string | readonly string[]>>;
}

export interface FileTensor {
  readonly type: 'float' | 'int' | 'bool';
  readonly dims: readonly number[];
  readonly data: readonly number[] | Float32Array;
}

export interface OnnxFile {
  readonly opset: number;
  readonly nodes: readonly FileNode[];
  readonly tensors: Readonly<Record<string, FileTensor>>;
  /** `[N, 3, T, H, W]`, written as free axes but for the colours. */
  readonly output: string;
}

/** IR version that goes with an opset of 17 to 23. */
const IR_VERSION = 10n;

export function writeOnnxFile({ opset, nodes, tensors, output }: OnnxFile): Uint8Array {
  const clip = ['n', 3, 't', 'h', 'w'].map((length) =>
    typeof length === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(length) } }
      : { value: { case: 'dimParam' as const, value: length } },
  );
  const float = { elemType: TensorProto_DataType.FLOAT };
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'file',
      input: [
        {
          name: 'clip',
          type: { value: { case: 'tensorType', value: { ...float, shape: { dim: clip } } } },
        },
      ],
      output: [{ name: output, type: { value: { case: 'tensorType', value: float } } }],
      node: nodes.map((node, index) => ({
        opType: node.op,
        name: `${node.op}_${index}`,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: attributesOf(node),
      })),
      initializer: Object.entries(tensors).map(([name, tensor]) => ({ name, ...stored(tensor) })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function attributesOf({ ints = {}, floats = {}, strings = {} }: FileNode) {
  return [
    ...Object.entries(ints).map(([name, value]) =>
      typeof value === 'number'
        ? { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
        : { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) },
    ),
    ...Object.entries(floats).map(([name, f]) => ({ name, type: AttributeProto_AttributeType.FLOAT, f })),
    ...Object.entries(strings).map(([name, value]) =>
      typeof value === 'string'
        ? { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value) }
        : {
            name,
            type: AttributeProto_AttributeType.STRINGS,
            strings: value.map((text) => new TextEncoder().encode(text)),
          },
    ),
  ];
}

function stored({ type, dims, data }: FileTensor) {
  const shape = dims.map(BigInt);
  switch (type) {
    case 'float':
      return { dims: shape, dataType: TensorProto_DataType.FLOAT, floatData: [...data] };
    case 'int':
      return { dims: shape, dataType: TensorProto_DataType.INT64, int64Data: [...data].map(BigInt) };
    case 'bool':
      return { dims: shape, dataType: TensorProto_DataType.BOOL, int32Data: [...data] };
  }
}
