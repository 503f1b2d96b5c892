/**
 * What a decoded model holds of its file, on its own. In: a model whose tensors and texts point into the file's bytes. Out: the
 * same model, every one of them copied: each tensor begins where its numbers can be read in place, and the file's bytes are
 * free again, so that a large tensor is in memory once.
 */
import { isFieldSet } from '@bufbuild/protobuf';
import { AttributeProtoSchema, TensorProtoSchema } from 'onnx-buf';
import type { ModelProto, TensorProto } from 'onnx-buf';

/** Changes the model in place; what the file leaves out stays left out. */
export function ownBytes({ graph }: ModelProto): void {
  graph?.initializer.forEach(ownTensor);
  for (const attribute of graph?.node.flatMap((node) => node.attribute) ?? []) {
    if (isFieldSet(attribute, AttributeProtoSchema.field.s)) {
      attribute.s = copied(attribute.s);
    }
    attribute.strings = attribute.strings.map(copied);
    if (attribute.t !== undefined) {
      ownTensor(attribute.t);
    }
  }
}

function ownTensor(tensor: TensorProto): void {
  if (isFieldSet(tensor, TensorProtoSchema.field.rawData)) {
    tensor.rawData = copied(tensor.rawData);
  }
  tensor.stringData = tensor.stringData.map(copied);
}

/** Not `slice`, which shares the bytes of a `Buffer`. */
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
