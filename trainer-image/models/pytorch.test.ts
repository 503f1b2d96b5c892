/**
 * Whole training graphs against float64 PyTorch: loss, logits and the gradient of every parameter of tiny networks. The
 * fixtures and the script that made them are in test/fixtures/pytorch.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  fixtureClip,
  fixtureMask,
  fixtureParameter,
  fixtureTarget,
} from '../../test/support/fixture-values.ts';
import { OnnxOracle } from '../../test/support/onnx-oracle.ts';
import type { OracleTensor } from '../../test/support/onnx-oracle.ts';
import { createNetwork } from './create-network.ts';
import type { Network, NetworkSpec, StepShape } from './network.ts';

/** Largest difference of a tensor, relative to its largest element. */
const TOLERANCE = 5e-5;

const CASES = [
  'c2d',
  'i3d',
  'i3d-groups',
  'i3d-binary',
  'i3d-non-local',
  'slow-non-local',
  'slowfast',
  'slowfast-one-slow-frame',
  'slowfast-non-local',
];

/** Largest exact gradient that is nothing but rounding: a bias that batch norm or softmax takes out again has none. */
const NOTHING = 1e-12;

interface Fixture {
  readonly spec: NetworkSpec;
  readonly shape: StepShape;
  readonly seed: number;
  readonly loss: number;
  readonly logits: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

describe.each(CASES)('the training graph of %s', (name) => {
  const path = new URL(`../../test/fixtures/pytorch/${name}.json`, import.meta.url);
  const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
  const network = createNetwork(fixture.spec);

  test('has the parameters that PyTorch has', () => {
    const names = network.parameters.map((parameter) => parameter.name);
    expect(names.toSorted()).toEqual(Object.keys(fixture.gradients).toSorted());
  });

  test('gives the loss, logits and gradients that float64 PyTorch gives', async () => {
    const { model } = network.trainingGraph(fixture.shape);
    const oracle = await OnnxOracle.load(model);
    const outputs = await oracle.run(inputsOf(network, fixture));
    await oracle.release();
    expect(relativeError(outputs.get('loss')!, [fixture.loss])).toBeLessThan(1e-6);
    expect(relativeError(outputs.get('logits')!, fixture.logits)).toBeLessThan(TOLERANCE);
    const worst = network.parameters
      .map((parameter) => ({
        parameter: parameter.name,
        error: relativeError(outputs.get(`gradient/${parameter.name}`)!, fixture.gradients[parameter.name]!),
      }))
      .reduce((a, b) => (b.error > a.error ? b : a));
    expect(worst.error).toBeGreaterThan(0);
    expect(worst).toEqual({ parameter: worst.parameter, error: Math.min(worst.error, TOLERANCE) });
  });
});

function inputsOf(network: Network, { spec, shape, seed }: Fixture): ReadonlyMap<string, OracleTensor> {
  const { clips, frames, cropSize } = shape;
  const inputs = new Map<string, OracleTensor>(
    network.parameters.map(({ name, dims }) => [name, { data: fixtureParameter(name, dims, seed), dims }]),
  );
  inputs.set('clip', { data: fixtureClip(shape, seed), dims: [clips, frames, cropSize, cropSize, 3] });
  inputs.set('target', {
    data: fixtureTarget(clips, spec.numClasses, spec.loss === 'binaryCrossEntropy'),
    dims: [clips, spec.numClasses],
  });
  if (spec.dropout > 0) {
    inputs.set('dropoutMask', {
      data: fixtureMask(network.features, clips, spec.dropout, seed),
      dims: [network.features, clips],
    });
  }
  return inputs;
}

function relativeError(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  if (largest < NOTHING) {
    return Math.max(...actual.map(Math.abs));
  }
  return Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!))) / largest;
}
