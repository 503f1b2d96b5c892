/**
 * Weights for a network read from ONNX: its tensors have their PyTorch names, so PyTorch's own files fit. The network is a
 * small one of test/fixtures/onnx, exported from PyTorch.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { trainedValues } from '../../test/support/trained-values.ts';
import { sourceOf } from '../../test/support/weight-files.ts';
import { createOnnxNetwork } from '../models/onnx/create-onnx-network.ts';
import { openModel } from '../models/onnx/open-model.ts';
import { loadWeights } from './load-weights.ts';
import type { NamedArray } from './safetensors.ts';

const path = fileURLToPath(new URL('../../test/fixtures/onnx/tiny_network.onnx', import.meta.url));
const NUM_CLASSES = 5;
const network = createOnnxNetwork(openModel(path), {
  numClasses: NUM_CLASSES,
  dropout: 0,
  loss: 'crossEntropy',
});
const values = trainedValues(network, 2);

/** The network's `state_dict`, with a classifier of 400 classes. */
function stateDict(): NamedArray[] {
  const parameters = network.parameters.map(({ name, dims }): NamedArray => {
    const isHead = name.startsWith('head.');
    const theirs = isHead ? [400, ...dims.slice(1)] : dims;
    const data = isHead ? new Float32Array(theirs.reduce((a, b) => a * b)) : values.parameters.get(name)!;
    return { name, dims: theirs, data };
  });
  const statistics = network.normalizations.flatMap(({ name, channels }): NamedArray[] => [
    { name: `${name}.running_mean`, dims: [channels], data: values.means.get(name)! },
    { name: `${name}.running_var`, dims: [channels], data: values.variances.get(name)! },
  ]);
  return [...parameters, ...statistics];
}

test("PyTorch's state_dict fills the network; a classifier of other classes is made anew", async () => {
  const { values: loaded, report } = await loadWeights(network, sourceOf(stateDict()), {
    allowMissing: false,
  });
  expect(loaded.means).toEqual(values.means);
  expect(loaded.variances).toEqual(values.variances);
  expect(loaded.parameters.get('stem.0.weight')).toEqual(values.parameters.get('stem.0.weight'));
  expect(report).toMatchObject({ names: 'pytorch', missing: [], misfits: [], unused: [] });
  expect(report.newHead.toSorted()).toEqual(['head.bias', 'head.weight']);
  expect(report.loaded).toBe(report.tensors - 2);
});
