/**
 * Whole training graphs against float64 PyTorch: loss, logits and the gradient of every parameter of tiny networks. The
 * fixtures and the script that made them are in test/fixtures/pytorch.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fixtureParameter } from '../../test/support/fixture-values.ts';
import type { OracleTensor } from '../../test/support/onnx-oracle.ts';
import { createNetwork } from './create-network.ts';
import type { Network, NetworkSpec, StepShape } from './network.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';
import { trainingInputs } from '../../test/support/network-inputs.ts';

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
    const outputs = await runOnce(model, inputsOf(network, fixture));
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

function inputsOf(network: Network, { shape, seed }: Fixture): ReadonlyMap<string, OracleTensor> {
  const parameters = new Map(
    network.parameters.map(({ name, dims }) => [name, fixtureParameter(name, dims, seed)]),
  );
  return trainingInputs(network, shape, { parameters, seed });
}

function relativeError(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  if (largest < NOTHING) {
    return Math.max(...actual.map(Math.abs));
  }
  return Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!))) / largest;
}
