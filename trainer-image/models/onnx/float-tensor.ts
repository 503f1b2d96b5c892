/** Numbers as an exported model stores them. In: name, dims, numbers. Out: the protobuf message, or its bytes. */
import { create } from '@bufbuild/protobuf';
import { TensorProtoSchema } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';
import type { StoredNumbers } from './known-tensor.ts';

const FLOAT = 1;

export function floatTensor(name: string, dims: readonly number[], data: Float32Array): TensorProto {
  return create(TensorProtoSchema, { name, dataType: FLOAT, dims: dims.map(BigInt), rawData: bytesOf(data) });
}

/** A copy of the bytes that the numbers lie in. */
export function bytesOf({ buffer, byteOffset, byteLength }: StoredNumbers): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}
