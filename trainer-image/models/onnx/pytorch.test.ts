/**
 * Networks exported from torchvision against float64 PyTorch in training mode: loss, logits, and of every gradient its norm
 * and five elements. The files, the numbers and the script that made both are in test/fixtures/onnx.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { importedParameter, type ImportedRule } from '../../../test/support/imported-values.ts';
import { trainingInputs } from '../../../test/support/network-inputs.ts';
import { runOnce } from '../../../test/support/onnx-oracle.ts';
import type { StepShape } from '../network.ts';
import { createOnnxNetwork } from './create-onnx-network.ts';
import { openModel } from './open-model.ts';

interface FixtureStep extends StepShape {
  readonly loss: number;
  readonly logits: readonly number[];
  /** Norm, then five elements from the first to the last. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

interface Fixture extends ImportedRule {
  readonly numClasses: number;
  readonly steps: readonly FixtureStep[];
}

/** Largest difference of an element, relative to the root mean square of its tensor. */
const TOLERANCE = 5e-5;

/** Networks of 30 million weights on a busy machine. */
const LONG_MS = 240_000;

/** All at weights where PyTorch's own float32 agrees with its float64: `float32Error` in the files, below 3e-5. */
const CASES = [
  'r3d_18',
  'mc3_18',
  'r2plus1d_18',
  'tiny_mvit',
  'tiny_swin',
  'tiny_network',
  'tiny_pyramid',
  'tiny_pyramid_old',
  'tiny_frames',
];

describe.each(CASES)('%s, exported from PyTorch', (name) => {
  const folder = new URL('../../../test/fixtures/onnx/', import.meta.url);
  const fixture = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Fixture;
  const network = createOnnxNetwork(openModel(fileURLToPath(new URL(`${name}.onnx`, folder))), {
    numClasses: fixture.numClasses,
    dropout: 0,
    loss: 'crossEntropy',
  });

  let weights: ReadonlyMap<string, Float32Array> = new Map();

  beforeAll(() => {
    weights = new Map(
      network.parameters.map(({ name: parameter, dims }) => [
        parameter,
        importedParameter(parameter, dims, fixture),
      ]),
    );
  }, LONG_MS);

  test('has the parameters that PyTorch has', () => {
    const names = network.parameters.map((parameter) => parameter.name);
    expect(names.toSorted()).toEqual(Object.keys(fixture.steps[0]!.gradients).toSorted());
  });

  test.each(fixture.steps.map((step) => [`${step.frames} frames of ${step.cropSize} pixels`, step] as const))(
    'gives the loss, logits and gradients of PyTorch for %s',
    async (_, step) => {
      const inputs = trainingInputs(network, step, { parameters: weights, seed: fixture.seed });
      const outputs = await runOnce(network.trainingGraph(step).model, inputs);
      expect(Math.abs(outputs.get('loss')![0]! - step.loss) / step.loss).toBeLessThan(1e-5);
      const largest = Math.max(...step.logits.map(Math.abs));
      const distances = step.logits.map((value, index) => Math.abs(value - outputs.get('logits')![index]!));
      expect(Math.max(...distances) / largest).toBeLessThan(TOLERANCE);
      const errors = network.parameters.map((parameter) => ({
        parameter: parameter.name,
        error: errorOf(outputs.get(`gradient/${parameter.name}`)!, step.gradients[parameter.name]!),
      }));
      expect(errors.filter(({ error }) => !(error < TOLERANCE))).toEqual([]);
      expect(errors.some(({ error }) => error > 0)).toBe(true);
    },
    LONG_MS,
  );
});

/** Gradients that are zero but for rounding: attention does not feel a shift of all keys, so their bias has none. */
const NOTHING = 1e-6;

/** Relative error of the norm, or of the worst element against the root mean square, whichever is larger. */
function errorOf(gradient: Float32Array, [norm = 0, ...samples]: readonly number[]): number {
  let squares = 0;
  for (const value of gradient) {
    squares += value * value;
  }
  const ours = Math.sqrt(squares);
  if (norm < NOTHING && ours < NOTHING) {
    return 0;
  }
  const size = norm / Math.sqrt(gradient.length);
  const distances = samples.map((value, index) => {
    const place = Math.floor((index * (gradient.length - 1)) / (samples.length - 1));
    return Math.abs(gradient[place]! - value) / size;
  });
  return Math.max(Math.abs(ours - norm) / norm, ...distances);
}
