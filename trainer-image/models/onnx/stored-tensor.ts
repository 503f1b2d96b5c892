/**
 * A stored tensor that training does not change, for the exported model. In: the tensor as the file has it. Out: the same
 * with its numbers inside, since the exported model is one file.
 */
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';
import { tensorMessage } from '../../graph/tensor-message.ts';
import { TYPE_CODES } from '../../graph/value.ts';
import { OnnxFileError } from './errors.ts';
import type { OnnxModel } from './model.ts';

/** @throws OnnxFileError when the numbers lie outside the file and are neither floating-point nor int64. */
export function storedTensor(tensor: TensorProto, model: OnnxModel): TensorProto {
  if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) {
    return tensor;
  }
  const { name, dataType, dims } = tensor;
  const stored = model.initializers.get(name);
  const data = stored?.data ?? new Float64Array(0);
  if (stored?.type === 'float') {
    return tensorMessage(name, dataType, stored.dims, data);
  }
  if (dataType === TYPE_CODES.int64) {
    return create(TensorProtoSchema, { name, dataType, dims, int64Data: [...data].map(BigInt) });
  }
  throw new OnnxFileError(
    `tensor ${JSON.stringify(name)} of element type ${dataType} lies outside the file; store it inside`,
  );
}
