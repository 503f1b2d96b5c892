/**
 * The stored tensors of an ONNX model as a source of weights, by their names. In: a file's path. Out: every
 * floating-point initialiser; nodes are not looked at, so any model will do whose tensors kept the names of their network.
 * Files come from anybody: sizes are compared before values are touched, and data outside the file is not followed.
 */
import { elementCount } from '../graph/value.ts';
import { readFile, stat } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from 'onnx-buf';
import { elementBytes, toFloat32 } from './element-types.ts';
import type { StoredTensor, WeightSource } from './weight-source.ts';
import { WeightsFileError } from './weights-error.ts';

/** Protobuf's own limit on one message. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
const MAX_TENSORS = 100_000;
const MAX_AXES = 8;

/** The floating-point types, by the names of `element-types.ts`. Others are shapes and axes, not weights. */
const FLOATS: ReadonlyMap<number, string> = new Map<number, string>([
  [TensorProto_DataType.FLOAT, 'F32'],
  [TensorProto_DataType.FLOAT16, 'F16'],
  [TensorProto_DataType.BFLOAT16, 'BF16'],
  [TensorProto_DataType.DOUBLE, 'F64'],
]);

interface Initializer extends StoredTensor {
  readonly type: string;
  readonly proto: TensorProto;
  readonly count: number;
}

export class OnnxSource implements WeightSource {
  readonly tensors: ReadonlyMap<string, Initializer>;
  readonly whenFolded =
    'batch norms are folded into the weights of its convolutions, which cannot be undone: take a safetensors file ' +
    '(multigrid export, scripts/convert-weights.py), or export with torch.onnx.export(..., dynamo=True, optimize=False)';

  private constructor(tensors: ReadonlyMap<string, Initializer>) {
    this.tensors = tensors;
  }

  /** @throws WeightsFileError when the file is not a complete ONNX model, or its tensors contradict themselves. */
  static async open(path: string): Promise<OnnxSource> {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new WeightsFileError(`it has ${size} bytes, more than an ONNX file can; take a safetensors file`);
    }
    const { graph } = decode(await readFile(path));
    if (graph === undefined || graph.initializer.length > MAX_TENSORS) {
      throw new WeightsFileError(
        graph === undefined
          ? 'it holds no graph; is it an ONNX model?'
          : `it lists ${graph.initializer.length} tensors; ${MAX_TENSORS} are the most`,
      );
    }
    const tensors = new Map<string, Initializer>();
    for (const proto of graph.initializer) {
      const type = FLOATS.get(proto.dataType);
      if (type !== undefined) {
        if (tensors.has(proto.name)) {
          throw new WeightsFileError(`tensor ${proto.name} occurs twice`);
        }
        tensors.set(proto.name, describe(proto, type));
      }
    }
    return new OnnxSource(tensors);
  }

  read(name: string): Promise<Float32Array> {
    const { proto, type, count } = this.tensors.get(name)!;
    if (proto.rawData.length > 0 || count === 0) {
      return Promise.resolve(toFloat32(type, proto.rawData));
    }
    return Promise.resolve(Float32Array.from(type === 'F64' ? proto.doubleData : proto.floatData));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function decode(bytes: Uint8Array): ReturnType<typeof fromBinary<typeof ModelProtoSchema>> {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new WeightsFileError(
      'it is not a complete ONNX model: it was cut off, or is another kind of file',
      {
        cause,
      },
    );
  }
}

/** A tensor whose values are there, as many as its shape needs. */
function describe(proto: TensorProto, type: string): Initializer {
  const { name } = proto;
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new WeightsFileError(
      `the values of ${name} lie in another file; store them in this one (external_data=False)`,
    );
  }
  if (proto.dims.length > MAX_AXES || proto.dims.some((length) => length < 0n || length > MAX_FILE_BYTES)) {
    throw new WeightsFileError(`tensor ${name} has the shape [${proto.dims.join(', ')}]`);
  }
  const dims = proto.dims.map(Number);
  const count = elementCount(dims);
  const listed = type === 'F64' ? proto.doubleData.length : type === 'F32' ? proto.floatData.length : 0;
  const stored = proto.rawData.length > 0 ? proto.rawData.length / elementBytes(type)! : listed;
  if (stored !== count) {
    throw new WeightsFileError(
      `tensor ${name} of shape [${dims.join(', ')}] holds ${stored} values, not ${count}`,
    );
  }
  return { name, dims, type, proto, count };
}
