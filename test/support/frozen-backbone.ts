/**
 * A user's file with a backbone that is worth freezing: patches, one block of two products, a mean, a classifier of three. In:
 * nothing. Out: the bytes of a model for `[N, 3, T, H, W]`, H and W multiples of 4; its tensors are stored as exporters store
 * them, one after the other wherever the one before ends.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType, TensorProtoSchema } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';
import { elementCount } from '../../trainer-image/graph/value.ts';
import { randomDirection } from './directional-difference.ts';
import { writeOnnxFile } from './onnx-file.ts';
import type { FileNode, FileTensor } from './onnx-file.ts';

const WIDTH = 64;
const INNER = 256;

/** Float tensors under `backbone.` of at least a KiB. */
const LARGE: Readonly<Record<string, readonly number[]>> = {
  'backbone.patch': [WIDTH, 3, 1, 4, 4],
  'backbone.up': [WIDTH, INNER],
  'backbone.shift': [INNER],
  'backbone.down': [INNER, WIDTH],
};

export const FROZEN_BYTES = Object.values(LARGE).reduce((sum, dims) => sum + 4 * elementCount(dims), 0);

const NODES: readonly FileNode[] = [
  {
    op: 'Conv',
    inputs: ['clip', 'backbone.patch'],
    outputs: ['patches'],
    ints: { kernel_shape: [1, 4, 4], strides: [1, 4, 4] },
  },
  { op: 'Reshape', inputs: ['patches', 'rows'], outputs: ['flat'] },
  { op: 'Transpose', inputs: ['flat'], outputs: ['tokens'], ints: { perm: [0, 2, 1] } },
  { op: 'MatMul', inputs: ['tokens', 'backbone.up'], outputs: ['wide'] },
  { op: 'Add', inputs: ['wide', 'backbone.shift'], outputs: ['shifted'] },
  { op: 'Mul', inputs: ['shifted', 'backbone.half'], outputs: ['halved'] },
  { op: 'Tanh', inputs: ['halved'], outputs: ['bent'] },
  { op: 'MatMul', inputs: ['bent', 'backbone.down'], outputs: ['narrow'] },
  { op: 'Add', inputs: ['narrow', 'tokens'], outputs: ['mixed'] },
  { op: 'ReduceMean', inputs: ['mixed', 'axes'], outputs: ['pooled'], ints: { keepdims: 0 } },
  { op: 'Gemm', inputs: ['pooled', 'head.weight', 'head.bias'], outputs: ['logits'], ints: { transB: 1 } },
];

const SMALL: Readonly<Record<string, FileTensor>> = {
  rows: { type: 'int', dims: [3], data: [0, WIDTH, -1] },
  axes: { type: 'int', dims: [1], data: [1] },
};

export function frozenBackbone(): Uint8Array {
  const file = writeOnnxFile({ opset: 18, nodes: NODES, tensors: SMALL, output: 'logits' });
  const model = fromBinary(ModelProtoSchema, file);
  const floats = { ...LARGE, 'backbone.half': [1], 'head.weight': [3, WIDTH], 'head.bias': [3] };
  model.graph!.initializer.push(
    ...Object.entries(floats).map(([name, dims], seed) => floatTensor(name, dims, seed)),
  );
  return toBinary(ModelProtoSchema, model);
}

function floatTensor(name: string, dims: readonly number[], seed: number): TensorProto {
  const data = randomDirection(elementCount(dims), seed + 1);
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: new Uint8Array(new Uint8Array(data.buffer)),
  });
}
