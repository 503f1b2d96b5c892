/** A stored tensor as ONNX files hold it. In: name, element type by ONNX's code, dims, numbers. Out: the protobuf message. */
import { create } from '@bufbuild/protobuf';
import { TensorProtoSchema } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';

/** @param data is copied. */
export function tensorMessage(
  name: string,
  dataType: number,
  dims: readonly number[],
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): TensorProto {
  const rawData = new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
  return create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData });
}
