/**
 * Training graphs in mixed precision, run on the processor: close to float32, with gradients that the loss scale lifts and
 * does not change. And both spellings, the processor's and the GPU's, in both precisions.
 */
import { describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { createNetwork } from './create-network.ts';
import type { GraphOptions, NetworkSpec, StepShape } from './network.ts';
import { trainingInputs } from '../../test/support/network-inputs.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';

const SHAPE: StepShape = { clips: 4, groups: 2, frames: 8, cropSize: 21 };
const SEED = 5;
const SPECS: readonly (readonly [string, NetworkSpec])[] = [
  ['SlowFast', { ...tinySlowFast, zeroInitFinalGamma: false }],
  ['I3D', { ...tinySlowFast, family: 'i3d', zeroInitFinalGamma: false }],
];

async function run(
  spec: NetworkSpec,
  options: GraphOptions,
  lossScale = 1024,
): Promise<ReadonlyMap<string, Float32Array>> {
  const network = createNetwork(spec);
  const graph = network.trainingGraph(SHAPE, options);
  const parameters = network.initialValues(SEED);
  const scale = graph.hasLossScale ? { lossScale } : {};
  const inputs = trainingInputs(network, SHAPE, { parameters, seed: SEED, ...scale });
  const outputs = await runOnce(graph.model, inputs);
  return outputs;
}

/** Distance of all gradients together, relative to their size. */
function gradientDistance(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  let [distance, size] = [0, 0];
  for (const [name, values] of a) {
    if (name.startsWith('gradient/')) {
      const others = b.get(name)!;
      distance += values.reduce((sum, value, index) => sum + (value - others[index]!) ** 2, 0);
      size += values.reduce((sum, value) => sum + value ** 2, 0);
    }
  }
  return Math.sqrt(distance / size);
}

describe.each(SPECS)('%s', (_, spec) => {
  test('has the same numbers in the spelling for a GPU', async () => {
    const processor = await run(spec, { device: 'cpu' });
    const gpu = await run(spec, { device: 'cuda' });
    expect([...gpu.keys()]).toEqual([...processor.keys()]);
    expect(gpu.get('loss')![0]).toBeCloseTo(processor.get('loss')![0]!, 5);
    expect(gradientDistance(processor, gpu)).toBeLessThan(1e-4);
  });

  test.each(['cpu', 'cuda'] as const)(
    'is near float32 in mixed precision, spelled for %s',
    async (device) => {
      const exact = await run(spec, {});
      const mixed = await run(spec, { precision: 'mixed', device });
      expect(mixed.get('loss')![0]).toBeCloseTo(exact.get('loss')![0]!, 2);
      const distance = gradientDistance(exact, mixed);
      expect(distance).toBeLessThan(0.1);
      // If nothing had been rounded to float16, it would not be mixed precision.
      expect(distance).toBeGreaterThan(1e-4);
    },
  );

  test('gives gradients that a loss scale lifts over the smallest float16 and leaves as large as they were', async () => {
    const squares = (outputs: ReadonlyMap<string, Float32Array>): number => {
      const all = [...outputs]
        .filter(([name]) => name.startsWith('gradient/'))
        .flatMap(([, data]) => [...data]);
      return all.reduce((sum, value) => sum + value ** 2, 0);
    };
    const small = await run(spec, { precision: 'mixed' }, 256);
    const large = await run(spec, { precision: 'mixed' }, 4096);
    expect(gradientDistance(small, large)).toBeLessThan(0.02);
    expect(large.get('gradientSquares')![0]! / squares(large)).toBeCloseTo(1, 4);
  });

  test('says by gradientSquares that a loss scale was too large', async () => {
    const overflowing = await run(spec, { precision: 'mixed' }, 2 ** 30);
    expect(Number.isFinite(overflowing.get('gradientSquares')![0])).toBe(false);
    expect(Number.isFinite(overflowing.get('loss')![0])).toBe(true);
  });
});
