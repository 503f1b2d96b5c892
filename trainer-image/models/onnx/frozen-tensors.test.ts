/**
 * Large tensors that are not trained: they are inputs of every graph, not numbers inside it, give the same results as where
 * they are trained, and leave in the exported model as they came.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf';
import type { ModelProto, TensorProto } from 'onnx-buf';
import { frozenBackbone, FROZEN_BYTES } from '../../../test/support/frozen-backbone.ts';
import { trainingInputs } from '../../../test/support/network-inputs.ts';
import { runOnce } from '../../../test/support/onnx-oracle.ts';
import type { Network, StepShape } from '../network.ts';
import { createOnnxNetwork } from './create-onnx-network.ts';
import type { OnnxNetwork } from './create-onnx-network.ts';
import { frozenTensor } from './frozen-tensors.ts';
import { readModel } from './read-model.ts';

const OPTIONS = { numClasses: 3, dropout: 0, loss: 'crossEntropy' } as const;
const SHAPES: readonly StepShape[] = [
  { clips: 2, groups: 1, frames: 2, cropSize: 8 },
  { clips: 4, groups: 2, frames: 4, cropSize: 8 },
  { clips: 4, groups: 1, frames: 2, cropSize: 16 },
  { clips: 2, groups: 2, frames: 4, cropSize: 16 },
];

function networkOf(bytes: Uint8Array, frozen: readonly string[], external?: Uint8Array): OnnxNetwork {
  const opened = readModel(bytes, () => external ?? new Uint8Array());
  return createOnnxNetwork(opened, { ...OPTIONS, frozen });
}

function initializersIn(model: Uint8Array): readonly TensorProto[] {
  return fromBinary(ModelProtoSchema, model).graph!.initializer;
}

function bytesOf(tensors: readonly TensorProto[]): number {
  return tensors.reduce((sum, { rawData }) => sum + rawData.length, 0);
}

/** All results of one training run, by name. */
function results(
  network: Network,
  shape: StepShape,
  precision: 'float32' | 'mixed',
): Promise<ReadonlyMap<string, Float32Array>> {
  const scale = precision === 'mixed' ? { lossScale: 256 } : {};
  const inputs = trainingInputs(network, shape, { parameters: network.initialValues(1), seed: 5, ...scale });
  return runOnce(network.trainingGraph(shape, { precision }).model, inputs);
}

describe('a frozen backbone', () => {
  const frozen = networkOf(frozenBackbone(), ['backbone.']);
  const trained = networkOf(frozenBackbone(), []);

  test('is no part of any model: those of all shapes together are smaller than it is', () => {
    const models = SHAPES.flatMap((shape) => [
      frozen.trainingGraph(shape).model,
      frozen.trainingGraph(shape, { precision: 'mixed', device: 'cuda' }).model,
      frozen.evaluationGraph(shape).model,
    ]);
    expect(frozen.frozen.reduce((sum, { data }) => sum + data.byteLength, 0)).toBe(FROZEN_BYTES);
    const stored = models.map((model) => bytesOf(initializersIn(model)));
    expect(Math.max(...stored)).toBeLessThan(4096);
    expect(stored.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(FROZEN_BYTES / 8);
  });

  test('is in memory once, as the bytes that the exported model is made of', () => {
    const opened = readModel(frozenBackbone(), () => new Uint8Array());
    const network = createOnnxNetwork(opened, { ...OPTIONS, frozen: ['backbone.'] });
    expect(network.frozen.map(({ name, dims }) => [name, dims.join()])).toEqual([
      ['frozen/backbone.patch', '64,3,1,4,4'],
      ['frozen/backbone.up', '64,256'],
      ['frozen/backbone.shift', '256'],
      ['frozen/backbone.down', '256,64'],
    ]);
    const held = new Map(
      opened.proto.graph!.initializer.map(({ name, rawData }) => [`frozen/${name}`, rawData]),
    );
    for (const { name, data } of network.frozen) {
      expect(data.buffer).toBe(held.get(name)!.buffer);
      expect(data.buffer.byteLength).toBe(data.byteLength);
    }
  });

  test.each(['float32', 'mixed'] as const)(
    'gives the loss, the logits and the gradients of the head that it gives when it is trained, in %s',
    async (precision) => {
      for (const shape of SHAPES) {
        const [theirs, ours] = [
          await results(trained, shape, precision),
          await results(frozen, shape, precision),
        ];
        const gradients = ['gradient/head.bias', 'gradient/head.weight'];
        expect([...ours.keys()].filter((name) => name.startsWith('gradient/'))).toEqual(gradients);
        for (const name of ['loss', 'logits', ...gradients]) {
          expect(ours.get(name)).toEqual(theirs.get(name));
        }
      }
    },
  );

  test.each([
    ['inside the file', (model: ModelProto) => ({ model, external: undefined })],
    ['in a file beside it', (model: ModelProto) => putOutside(model, 'backbone.up')],
  ])('leaves in the exported model as it came %s', (_, place) => {
    const { model, external } = place(fromBinary(ModelProtoSchema, frozenBackbone()));
    const network = networkOf(toBinary(ModelProtoSchema, model), ['backbone.'], external);
    const exported = network.exportModel(
      { parameters: network.initialValues(1), means: new Map(), variances: new Map() },
      { frames: 2, cropSize: 8 },
      new Map(),
    );
    const theirs = new Map(initializersIn(frozenBackbone()).map((tensor) => [tensor.name, tensor]));
    const kept = initializersIn(exported).filter(({ name }) => name.startsWith('backbone.'));
    expect(kept.map(({ name }) => name).toSorted()).toEqual(
      ['backbone.down', 'backbone.half', 'backbone.patch', 'backbone.shift', 'backbone.up'].toSorted(),
    );
    for (const tensor of kept) {
      expect(toBinary(TensorProtoSchema, tensor)).toEqual(
        toBinary(TensorProtoSchema, theirs.get(tensor.name)!),
      );
    }
  });

  test('may lie in Constant nodes, which are frozen whatever the job says', async () => {
    const model = fromBinary(ModelProtoSchema, frozenBackbone());
    const { initializer, node } = model.graph!;
    const index = initializer.findIndex(({ name }) => name === 'backbone.up');
    const [t] = initializer.splice(index, 1);
    node.unshift(
      create(NodeProtoSchema, {
        ...{ opType: 'Constant', name: 'up', output: ['backbone.up'] },
        attribute: [{ name: 'value', type: AttributeProto_AttributeType.TENSOR, t: t! }],
      }),
    );
    const network = networkOf(toBinary(ModelProtoSchema, model), ['backbone.patch', 'backbone.shift']);
    expect(network.frozen.map(({ name }) => name)).toContain('frozen/backbone.up');
    expect(network.parameters.map(({ name }) => name)).toContain('backbone.down');
    const [theirs, ours] = [
      await results(frozen, SHAPES[0]!, 'float32'),
      await results(network, SHAPES[0]!, 'float32'),
    ];
    expect(ours.get('logits')).toEqual(theirs.get('logits'));
  });

  test('of float16 stays float16, and is cast where it is used', () => {
    const model = fromBinary(ModelProtoSchema, frozenBackbone());
    const tensor = model.graph!.initializer.find(({ name }) => name === 'backbone.up')!;
    const wide = new Float32Array(tensor.rawData.slice().buffer);
    tensor.rawData = new Uint8Array(Float16Array.from(wide).buffer);
    tensor.dataType = TensorProto_DataType.FLOAT16;
    const network = networkOf(toBinary(ModelProtoSchema, model), ['backbone.']);
    const found = network.frozen.find(({ name }) => name === 'frozen/backbone.up')!;
    expect(found).toMatchObject({ type: 'float16', dims: [64, 256] });
    expect(found.data).toEqual(Float16Array.from(wide));
    const { graph } = fromBinary(ModelProtoSchema, network.trainingGraph(SHAPES[0]!).model);
    const readers = graph!.node.filter(({ input }) => input.includes('frozen/backbone.up'));
    expect(readers.map(({ opType }) => opType)).toEqual(['Cast']);
  });
});

/** The same model, one of its tensors as bytes of another file. */
function putOutside(
  model: ModelProto,
  name: string,
): { readonly model: ModelProto; readonly external: Uint8Array } {
  const { initializer } = model.graph!;
  const index = initializer.findIndex((tensor) => tensor.name === name);
  const { dims, dataType, rawData } = initializer[index]!;
  const dataLocation = TensorProto_DataLocation.EXTERNAL;
  const externalData = [{ key: 'location', value: 'weights.bin' }];
  initializer[index] = create(TensorProtoSchema, { name, dims, dataType, dataLocation, externalData });
  return { model, external: rawData };
}

describe('a stored tensor that is not trained', () => {
  test('is an input from 1 KiB on, in float16 or float32, with the numbers of the file', () => {
    const kinds = fc.constantFrom(Float16Array, Float32Array, Float64Array);
    fc.assert(
      fc.property(kinds, fc.integer({ min: 1, max: 600 }), (Numbers, length) => {
        const data = Numbers.of(...Array.from({ length }, (_, index) => index / 4));
        const found = frozenTensor({ name: 'w', dims: [length], type: 'float', data });
        expect(found === null).toBe(data.byteLength < 1024);
        if (found !== null) {
          expect(found).toMatchObject({ name: 'frozen/w', source: 'w', dims: [length] });
          expect(found.type).toBe(Numbers === Float16Array ? 'float16' : 'float32');
          expect([...found.data]).toEqual([...data]);
          expect(found.data.buffer === data.buffer).toBe(Numbers !== Float64Array);
        }
      }),
    );
  });

  test('is a constant when it is a mask, or holds no numbers', () => {
    const mask = new Float32Array(1024).fill(0);
    mask[7] = -Infinity;
    const base = { name: 'w', dims: [1024], type: 'float' } as const;
    expect(frozenTensor({ ...base, data: mask })).toBeNull();
    expect(frozenTensor({ ...base, data: null })).toBeNull();
  });
});
