/** A float32 tensor as an exported model stores it. In: name, dims, numbers. Out: the protobuf message. */
import { create } from '@bufbuild/protobuf';
import { TensorProtoSchema } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';

const FLOAT = 1;

export function floatTensor(name: string, dims: readonly number[], data: Float32Array): TensorProto {
  const rawData = new Uint8Array(data.byteLength);
  rawData.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return create(TensorProtoSchema, { name, dataType: FLOAT, dims: dims.map(BigInt), rawData });
}
