/**
 * How a user's file is understood: parameters, classifier, batch norm, shapes; and that the model people take away computes
 * what evaluation computes.
 */
import { elementCount } from '../../graph/value.ts';
import { readFileSync } from 'node:fs';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { ModelProtoSchema, NodeProtoSchema } from 'onnx-buf';
import type { GraphProto } from 'onnx-buf';
import { clipTensor, evaluationInputs, trainingInputs } from '../../../test/support/network-inputs.ts';
import { OnnxOracle, runOnce } from '../../../test/support/onnx-oracle.ts';
import { createOnnxNetwork } from './create-onnx-network.ts';
import type { OnnxNetwork, OnnxNetworkOptions } from './create-onnx-network.ts';
import { readModel } from './read-model.ts';

const SEED = 5;
const SHAPE = { clips: 2, groups: 1, frames: 4, cropSize: 16 };

function bytesOf(name: string, change: (graph: GraphProto) => void = () => undefined): Uint8Array {
  const path = new URL(`../../../test/fixtures/onnx/${name}.onnx`, import.meta.url);
  const model = fromBinary(ModelProtoSchema, readFileSync(path));
  change(model.graph!);
  return toBinary(ModelProtoSchema, model);
}

function networkOf(bytes: Uint8Array, options: Partial<OnnxNetworkOptions> = {}): OnnxNetwork {
  const opened = readModel(bytes, () => new Uint8Array());
  return createOnnxNetwork(opened, { numClasses: 4, dropout: 0, loss: 'crossEntropy', ...options });
}

describe("a user's network", () => {
  const network = networkOf(bytesOf('tiny_network'));

  test('has the parameters and batch norms of the file, with their roles and numbers', () => {
    const roles = Object.fromEntries(
      network.parameters.map(({ name, role, decay }) => [name, `${role}${decay ? ', decays' : ''}`]),
    );
    expect(roles).toEqual({
      'stem.0.weight': 'weight, decays',
      'stem.1.weight': 'gamma',
      'stem.1.bias': 'beta',
      'body.0.weight': 'weight, decays',
      'body.1.weight': 'gamma',
      'body.1.bias': 'beta',
      'head.weight': 'weight, decays',
      'head.bias': 'bias',
    });
    expect(network.normalizations).toEqual([
      { name: 'stem.1', channels: 8 },
      { name: 'body.1', channels: 16 },
    ]);
    expect(network.initialValues(1).get('stem.1.weight')).toEqual(new Float32Array(8).fill(1));
    expect(network.initialStatistics().get('body.1')!.variance).toEqual(new Float32Array(16).fill(1));
    expect(network.notes).toEqual([]);
  });

  test('goes on from the statistics that the file brings', () => {
    const trained = bytesOf('tiny_network', (graph) => {
      const tensor = graph.initializer.find(({ name }) => name === 'stem.1.running_mean')!;
      tensor.rawData = new Uint8Array(Float32Array.from({ length: 8 }, (_, index) => index).buffer);
    });
    expect([...networkOf(trained).initialStatistics().get('stem.1')!.mean]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('gets a classifier of its own for another number of classes, and says so', () => {
    const other = networkOf(bytesOf('tiny_network'), { numClasses: 7 });
    expect(other.parameters.filter(({ name }) => name.startsWith('head')).map(({ dims }) => dims)).toEqual([
      [7],
      [7, 16],
    ]);
    expect(other.notes).toEqual([
      'the classifier head.weight has 4 classes in the file and is replaced by a new one for 7',
    ]);
    expect(() => {
      other.checkShape(SHAPE);
    }).not.toThrow();
    expect(other.initialValues(3)).toEqual(
      networkOf(bytesOf('tiny_network'), { numClasses: 7 }).initialValues(3),
    );
  });

  test('has scales of norms that were exported as a product start from 1', () => {
    const old = networkOf(bytesOf('tiny_pyramid_old'));
    const norms = old.parameters.filter(({ name }) => name.includes('norm'));
    expect(Object.fromEntries(norms.map(({ name, role }) => [name, role]))).toEqual({
      'stem_norm.weight': 'gamma',
      'stem_norm.bias': 'bias',
      'body_norm.weight': 'gamma',
      'body_norm.bias': 'beta',
      'token_norm.weight': 'gamma',
      'token_norm.bias': 'beta',
    });
    expect(old.initialValues(1).get('stem_norm.weight')).toEqual(new Float32Array(8).fill(1));
  });

  test('leaves frozen tensors as they are', () => {
    const frozen = networkOf(bytesOf('tiny_network'), { frozen: ['stem.'] });
    expect(frozen.parameters.some(({ name }) => name.startsWith('stem.'))).toBe(false);
    expect(() => frozen.trainingGraph(SHAPE)).not.toThrow();
  });

  test('is trained on the logits when the file ends in a softmax', () => {
    const withSoftmax = networkOf(
      bytesOf('tiny_network', (graph) => {
        const softmax = { opType: 'Softmax', name: 'last', input: ['logits'], output: ['shares'] };
        graph.node.push(create(NodeProtoSchema, softmax));
        graph.output[0]!.name = 'shares';
      }),
    );
    expect(withSoftmax.notes.join()).toContain('the Softmax at the end (last) is left out');
    expect(withSoftmax.parameters).toEqual(network.parameters);
  });

  test('with an operator that has no handler is refused by the names of operator and node', () => {
    const file = bytesOf('tiny_network', (graph) => {
      const node = graph.node.find(({ opType }) => opType === 'Relu')!;
      node.opType = 'TopK';
      node.name = '/stem/act';
    });
    expect(() => networkOf(file)).toThrow(
      'node "/stem/act" (TopK): the operator is not supported; `multigrid operators` lists what is',
    );
  });

  test('with a batch norm of which nothing is stored is refused, with what it may have been', () => {
    const file = bytesOf('tiny_network', (graph) => {
      const norm = graph.node.find(({ opType }) => opType === 'BatchNormalization')!;
      norm.name = '/norm';
      const computed = norm.input.slice(1).map((name) => ({ name, twice: `${name}/twice` }));
      graph.node.push(
        ...computed.map(({ name, twice }) =>
          create(NodeProtoSchema, { opType: 'Add', input: [name, name], output: [twice] }),
        ),
      );
      norm.input.splice(1, computed.length, ...computed.map(({ twice }) => twice));
    });
    expect(() => networkOf(file)).toThrow(
      'node "/norm" (BatchNormalization): its scale and statistics are computed, so that its channels are not known; ' +
        'an instance norm with running statistics is exported so: export it without them',
    );
  });

  test('trains each of the layers whose equal tensors an exporter merged', () => {
    const merged = networkOf(bytesOf('mc3_18'), { numClasses: 10 });
    expect(merged.notes.join()).toContain('tensors of equal numbers are read by several layers');
    expect(new Set(merged.parameters.map(({ name }) => name)).size).toBe(62);
  });

  test('of a fixed shape says which node holds the shape, and how to export it', () => {
    const mvit = networkOf(bytesOf('tiny_mvit'), { numClasses: 10 });
    expect(() => {
      mvit.checkShape({ clips: 2, groups: 1, frames: 8, cropSize: 32 });
    }).toThrow(/cannot take 2 clips of 8 frames of 32 pixels: node "[^"]+" \(\w+\): /);
    expect(() => {
      mvit.checkShape({ clips: 6, groups: 1, frames: 4, cropSize: 32 });
    }).not.toThrow();
  });

  test('as large as mvit_v1_b is read, and fits the shape it was exported for', () => {
    const mvit = networkOf(bytesOf('mvit_v1_b'), { numClasses: 400 });
    const elements = mvit.parameters.map(({ dims }) => elementCount(dims));
    expect(elements.reduce((sum, count) => sum + count, 0)).toBe(36_610_672);
    expect(() => {
      mvit.checkShape({ clips: 2, groups: 1, frames: 16, cropSize: 224 });
    }).not.toThrow();
  });
});

describe("the exported model of a user's network", () => {
  test.each([
    ['tiny_network', 4],
    ['tiny_mvit', 10],
    ['tiny_pyramid', 4],
    ['tiny_pyramid_old', 4],
    ['tiny_frames', 4],
  ])('gives the logits of evaluation for %s, its batch norm folded', async (name, numClasses) => {
    const shape = { ...SHAPE, cropSize: 32 };
    const network = networkOf(bytesOf(name), { numClasses });
    const statistics = (numbers: (channels: number) => Float32Array): ReadonlyMap<string, Float32Array> =>
      new Map(network.normalizations.map(({ name: layer, channels }) => [layer, numbers(channels)]));
    const values = {
      parameters: network.initialValues(2),
      means: statistics((channels) => ramp(channels, 0.02)),
      variances: statistics((channels) => ramp(channels, 0.1).map((x) => 1 + x)),
    };
    const exported = network.exportModel(values, shape, new Map([['classes', '["a"]']]));
    const operators = fromBinary(ModelProtoSchema, exported).graph!.node.map(({ opType }) => opType);
    expect(operators).toContain(name === 'tiny_mvit' ? 'LayerNormalization' : 'Conv');
    expect(operators).not.toContain('BatchNormalization');
    const results = await runOnce(exported, new Map([['clip', clipTensor(shape, SEED)]]));
    const inputs = evaluationInputs(network, shape, { ...values, seed: SEED });
    const expected = (await runOnce(network.evaluationGraph(shape).model, inputs)).get('logits')!;
    const largest = Math.max(...expected.map(Math.abs));
    results.get('logits')!.forEach((value, index) => {
      expect(Math.abs(value - expected[index]!) / largest).toBeLessThan(1e-5);
    });
    const shares = results.get('probabilities')!;
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(2, 5);
  });
});

test.each(['mc3_18', 'r2plus1d_18'])('the exported model has no batch norm left for %s', (name) => {
  const network = networkOf(bytesOf(name), { numClasses: 10 });
  const filled = (length: number): Float32Array => new Float32Array(length).fill(0.5);
  const statistics = new Map(network.normalizations.map((layer) => [layer.name, filled(layer.channels)]));
  const parameters = new Map(
    network.parameters.map((parameter) => [parameter.name, filled(elementCount(parameter.dims))]),
  );
  const values = { parameters, means: statistics, variances: statistics };
  const exported = network.exportModel(values, { frames: 4, cropSize: 32 }, new Map());
  const operators = fromBinary(ModelProtoSchema, exported).graph!.node.map(({ opType }) => opType);
  expect(operators).toContain('Conv');
  expect(operators).not.toContain('BatchNormalization');
  expect(operators).not.toContain('Identity');
});

test('the exported model keeps a batch norm whose convolution others read too', async () => {
  const file = bytesOf('tiny_network', (graph) => {
    const norm = graph.node.find(({ opType }) => opType === 'BatchNormalization')!;
    const relu = graph.node.find(({ input }) => input[0] === norm.output[0])!;
    // relu(norm(x)) becomes norm(x) + x: a second reader of the convolution.
    relu.opType = 'Add';
    relu.input.push(norm.input[0]!);
  });
  const network = networkOf(file);
  const statistics = network.initialStatistics();
  const taken = (kind: 'mean' | 'variance'): Map<string, Float32Array> =>
    new Map([...statistics].map(([name, moments]) => [name, moments[kind]]));
  const values = { parameters: network.initialValues(1), means: taken('mean'), variances: taken('variance') };
  const exported = network.exportModel(values, { frames: 4, cropSize: 16 }, new Map());
  const operators = fromBinary(ModelProtoSchema, exported).graph!.node.map(({ opType }) => opType);
  expect(operators.filter((operator) => operator === 'BatchNormalization')).toHaveLength(1);
  const oracle = await OnnxOracle.load(exported);
  await oracle.release();
});

test.each(['tiny_network', 'tiny_pyramid'])(
  '%s in mixed precision gives the loss of float32 to the digits that float16 has',
  async (name) => {
    const network = networkOf(bytesOf(name));
    const shape = { ...SHAPE, cropSize: 32 };
    const values = { parameters: network.initialValues(1), seed: SEED };
    const lossOf = async (precision: 'float32' | 'mixed', scale: object): Promise<number> => {
      const inputs = trainingInputs(network, shape, { ...values, ...scale });
      const results = await runOnce(network.trainingGraph(shape, { precision }).model, inputs);
      return results.get('loss')![0]!;
    };
    const [wide, narrow] = [await lossOf('float32', {}), await lossOf('mixed', { lossScale: 1024 })];
    expect(Math.abs(narrow - wide) / wide).toBeLessThan(1e-2);
    expect(narrow).not.toBe(wide);
  },
);

function ramp(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => step * (index % 7));
}
