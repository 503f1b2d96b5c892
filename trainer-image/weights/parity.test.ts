/**
 * The weights we write, loaded into PyTorch, against what we run: a network exported under PySlowFast's names has exactly
 * the tensors of the PyTorch network, and its inference model gives the logits that float64 PyTorch gave with the same
 * values. The fixtures and the script that made them: test/fixtures/weights, test/fixtures/pytorch/make_weights.py.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { clipTensor } from '../../test/support/network-inputs.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';
import { trainedValues } from '../../test/support/trained-values.ts';
import { createNetwork } from '../models/create-network.ts';
import type { InputShape, NetworkSpec } from '../models/network.ts';
import { encodeWeights } from './export-tensors.ts';
import { decodeTensorFile } from './safetensors.ts';

const CASES = ['c2d', 'i3d', 'i3d-nonlocal', 'slow', 'slowfast', 'slowfast-nonlocal'];
const TOLERANCE = 1e-4;

interface Fixture {
  readonly spec: NetworkSpec;
  readonly shape: InputShape;
  readonly seed: number;
  readonly logits: readonly number[];
  /** Tensors of the PyTorch network. */
  readonly pyslowfast: readonly string[];
}

describe.each(CASES)('%s exported', (name) => {
  const path = new URL(`../../test/fixtures/weights/${name}.json`, import.meta.url);
  const { spec, shape, seed, logits, pyslowfast } = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
  const network = createNetwork(spec);
  const values = trainedValues(network, seed);

  test("as safetensors has the PyTorch network's tensors", () => {
    const bytes = encodeWeights(network, values, { names: 'pyslowfast', metadata: {} });
    expect([...decodeTensorFile(bytes).tensors.keys()].toSorted()).toEqual(pyslowfast);
  });

  test('as ONNX gives the logits of PyTorch', async () => {
    const model = network.exportModel(values, shape, new Map());
    const outputs = await runOnce(model, new Map([['clip', clipTensor(shape, seed)]]));
    const largest = Math.max(1, ...logits.map(Math.abs));
    const errors = logits.map((value, index) => Math.abs(value - outputs.get('logits')![index]!) / largest);
    expect(outputs.get('logits')).toHaveLength(logits.length);
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
    expect(Math.max(...errors)).toBeGreaterThan(0);
  });
});
