/** Stored tensors of ONNX models as weights: from models with other projects' names, and what is refused. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { ModelProtoSchema, TensorProto_DataLocation, TensorProto_DataType } from 'onnx-buf';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { trainedValues } from '../../test/support/trained-values.ts';
import { createNetwork } from '../models/create-network.ts';
import { encodeWeights } from './export-tensors.ts';
import { loadWeights, type LoadedWeights } from './load-weights.ts';
import { openWeights } from './open-weights.ts';
import { decodeTensorFile, type NamedArray } from './safetensors.ts';

const network = createNetwork({ ...tinySlowFast, family: 'i3d', blocks: [1, 1] });
const values = trainedValues(network, 4);
const exported = [
  ...decodeTensorFile(encodeWeights(network, values, { names: 'pyslowfast', metadata: {} })).tensors.values(),
];

interface Stored {
  name: string;
  dims: bigint[];
  dataType: TensorProto_DataType;
  rawData?: Uint8Array<ArrayBuffer>;
  floatData?: number[];
  doubleData?: number[];
  int64Data?: bigint[];
  dataLocation?: TensorProto_DataLocation;
}

function stored({ name, dims, data }: NamedArray): Stored {
  const rawData = Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { name, dims: dims.map(BigInt), dataType: TensorProto_DataType.FLOAT, rawData };
}

const folder = temporaryFolder();

async function load(bytes: Uint8Array, allowMissing = false): Promise<LoadedWeights> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, bytes);
  const source = await openWeights(path, 'onnx');
  return loadWeights(network, source, { allowMissing });
}

function model(initializer: Stored[]): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 9n, graph: { name: 'net', initializer } }),
  );
}

describe('stored tensors', () => {
  test('fill the network by their names; numbers that are no weights are passed over', async () => {
    const shape: Stored = {
      name: 'val_105',
      dims: [2n],
      dataType: TensorProto_DataType.INT64,
      int64Data: [1n, -1n],
    };
    const { values: loaded, report } = await load(model([...exported.map(stored), shape]));
    expect(loaded).toEqual(values);
    expect(report).toMatchObject({ names: 'pyslowfast', unused: [] });
  });

  test('may be lists of numbers, float32 or float64', async () => {
    const [first, second, ...rest] = exported;
    const listed = (
      array: NamedArray,
      dataType: TensorProto_DataType,
      key: 'floatData' | 'doubleData',
    ): Stored => ({
      name: array.name,
      dims: array.dims.map(BigInt),
      dataType,
      [key]: [...array.data],
    });
    const bytes = model([
      listed(first!, TensorProto_DataType.FLOAT, 'floatData'),
      listed(second!, TensorProto_DataType.DOUBLE, 'doubleData'),
      ...rest.map(stored),
    ]);
    expect((await load(bytes)).values).toEqual(values);
  });
});

describe('refused:', () => {
  test('our own inference model, whose batch norms are folded, even when tensors may be missing', async () => {
    const folded = network.exportModel(values, { frames: 8, cropSize: 20 }, new Map());
    await expect(load(folded, true)).rejects.toThrow(
      'batch norms are folded into the weights of its convolutions',
    );
  });

  test("an export of PyTorch that folded them and kept the convolutions' names", async () => {
    const kept = exported.filter(({ name }) => !name.includes('bn.')).map(stored);
    await expect(load(model(kept), true)).rejects.toThrow(
      'torch.onnx.export(..., dynamo=True, optimize=False)',
    );
  });

  test.each<[string, Partial<Stored>, string]>([
    ['fewer values than the shape needs', { rawData: new Uint8Array(8) }, 'holds 2 values, not'],
    ['part of a value', { rawData: new Uint8Array(9) }, 'holds 2.25 values'],
    ['no values', { rawData: new Uint8Array(0) }, 'holds 0 values'],
    ['an absurd shape', { dims: [2n ** 62n] }, 'has the shape [4611686018427387904]'],
    ['a negative length', { dims: [-1n] }, 'has the shape [-1]'],
    ['values in another file', { dataLocation: TensorProto_DataLocation.EXTERNAL }, 'lie in another file'],
  ])('a tensor with %s', async (_, change, message) => {
    const [first, ...rest] = exported.map(stored);
    await expect(load(model([{ ...first!, ...change }, ...rest]))).rejects.toThrow(message);
  });

  test('a name that occurs twice', async () => {
    await expect(load(model([...exported, exported[0]!].map(stored)))).rejects.toThrow('occurs twice');
  });

  test('a model that was cut off, and a file of another kind', async () => {
    const bytes = model(exported.map(stored));
    await expect(load(bytes.subarray(0, bytes.length - 100))).rejects.toThrow('not a complete ONNX model');
    await expect(load(new TextEncoder().encode('no model at all'))).rejects.toThrow('cannot be used');
  });
});
