/**
 * Network files as they come from strangers: damaged, absurd, pointing elsewhere. Every one is refused with an error that
 * names the place; none crashes or takes memory by claiming to be large.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelProtoSchema, TensorProto_DataLocation } from 'onnx-buf';
import type { GraphProto, ModelProto, TensorProto } from 'onnx-buf';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { NetworkShapeError } from '../network-shape.ts';
import { createOnnxNetwork } from './create-onnx-network.ts';
import { OnnxFileError, OnnxUnsupportedError } from './errors.ts';
import { openModel } from './open-model.ts';
import { readModel } from './read-model.ts';

const bytes = readFileSync(new URL('../../../test/fixtures/onnx/tiny_network.onnx', import.meta.url));

function changed(change: (graph: GraphProto, model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  change(model.graph!, model);
  return toBinary(ModelProtoSchema, model);
}

function read(file: Uint8Array): void {
  readModel(file, () => new Uint8Array());
}

function weight(graph: GraphProto): TensorProto {
  return graph.initializer.find(({ name }) => name === 'stem.0.weight')!;
}

describe('a network file is refused', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'that is no protobuf',
      new TextEncoder().encode('a text, not a model'),
      /not a complete ONNX model|no graph/,
    ],
    ['that is empty', new Uint8Array(), /no graph/],
    ['that ends early', bytes.subarray(0, bytes.length - 100), /not a complete ONNX model.*is it complete/],
    [
      'with one tensor twice',
      changed((graph) => graph.initializer.push(weight(graph))),
      /tensor "stem.0.weight" occurs twice/,
    ],
    [
      'with fewer bytes than dims say',
      changed((graph) => (weight(graph).rawData = weight(graph).rawData.slice(0, 40))),
      /"stem.0.weight" holds 40 bytes, but its dims need 7200/,
    ],
    [
      'with more elements than fit anywhere',
      changed((graph) => (weight(graph).dims = [2n ** 20n, 2n ** 20n])),
      /"stem.0.weight" claims dims .* more than/,
    ],
    [
      'with an axis of negative length',
      changed((graph) => (weight(graph).dims = [-1n])),
      /an axis of length -1/,
    ],
    [
      'with an element type of its own',
      changed((graph) => (weight(graph).dataType = 99)),
      /element type 99.*can be: float32/,
    ],
    [
      'with a node that reads its own result',
      changed((graph) => (graph.node.at(-1)!.input[0] = graph.node.at(-1)!.output[0]!)),
      /a cycle/,
    ],
    [
      'with two nodes that make one value',
      changed((graph) => graph.node.push(graph.node[0]!)),
      /which exists already/,
    ],
    [
      'with a value that nothing makes',
      changed((graph) => (graph.node.at(-1)!.input[0] = 'nowhere')),
      /needs "nowhere", which nothing in the file makes/,
    ],
    [
      'with two outputs',
      changed((graph) => graph.output.push(graph.output[0]!)),
      /2 outputs; it must have one/,
    ],
    ['without an input', changed((graph) => (graph.input = [])), /0 inputs/],
    [
      'of opset 9',
      changed((_graph, model) => (model.opsetImport[0]!.version = 9n)),
      /opset 9; export it with/,
    ],
    [
      'with operators of somebody',
      changed((graph, model) => {
        graph.node[0]!.domain = 'com.example';
        model.opsetImport.push({ ...model.opsetImport[0]!, domain: 'com.example' });
      }),
      /operators of com.example/,
    ],
  ])('%s', (_, file, message) => {
    expect(() => {
      read(file);
    }).toThrow(message);
  });

  test('without ever failing in another way, whichever bytes are changed', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const file = Uint8Array.from(bytes);
          changes.forEach(([place, value]) => (file[place] = value));
          outcomes.add(tryOut(file));
        },
      ),
      { numRuns: 150, seed: 7 },
    );
    const allowed = ['fine', OnnxFileError.name, OnnxUnsupportedError.name, NetworkShapeError.name];
    expect([...outcomes].filter((outcome) => !allowed.includes(outcome))).toEqual([]);
  });
});

function tryOut(file: Uint8Array): string {
  try {
    const opened = readModel(file, () => new Uint8Array());
    const network = createOnnxNetwork(opened, { numClasses: 4, dropout: 0, loss: 'crossEntropy' });
    network.checkShape({ clips: 2, groups: 1, frames: 4, cropSize: 16 });
    return 'fine';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

describe('tensors stored outside the file', () => {
  let folder: string;

  beforeAll(() => {
    const outside = temporaryFolder();
    folder = join(outside, 'inside');
    mkdirSync(folder);
    writeFileSync(join(outside, 'secret.bin'), new Uint8Array(10_000));
    symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(8000));
  });

  function openWith(entries: Readonly<Record<string, string>>): void {
    const file = changed((graph) => {
      const tensor = weight(graph);
      tensor.rawData = new Uint8Array();
      tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
      tensor.externalData = Object.entries(entries).map(([key, value]) => ({
        $typeName: 'onnx.StringStringEntryProto',
        key,
        value,
      }));
    });
    const path = join(folder, 'net.onnx');
    writeFileSync(path, file);
    openModel(path);
  }

  test('are read from files in the same folder', () => {
    expect(() => {
      openWith({ location: 'weights.bin', offset: '64', length: '7200' });
    }).not.toThrow();
  });

  test.each([
    ['by dots', { location: '../secret.bin' }, /leads out of the folder/],
    ['by a link', { location: 'link.bin' }, /leads out of the folder/],
    ['by an absolute path', { location: '/etc/passwd' }, /is not a path inside the folder/],
    ['to nothing', { location: 'gone.bin' }, /is not there/],
    ['to the folder itself', { location: '.' }, /leads out of the folder|is not a file/],
    [
      'behind the end',
      { location: 'weights.bin', offset: '4000' },
      /has 8000 bytes; a tensor is said to end/,
    ],
    ['before the start', { location: 'weights.bin', offset: '-4' }, /at a whole number of bytes/],
    ['of another length', { location: 'weights.bin', length: '12' }, /its dims need 7200 bytes/],
  ])('are refused when they lead %s', (_, entries, message) => {
    expect(() => {
      openWith(entries);
    }).toThrow(message);
  });
});
