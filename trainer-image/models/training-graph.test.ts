/**
 * Training and evaluation graphs, run: their contract, that they learn, that micro-batches of whole groups give the
 * numbers of the batch, and that evaluation is training with fixed statistics.
 */
import { elementCount } from '../graph/value.ts';
import { describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { OnnxOracle, runOnce } from '../../test/support/onnx-oracle.ts';
import type { OracleTensor } from '../../test/support/onnx-oracle.ts';
import { createNetwork } from './create-network.ts';
import type { StepShape, Network } from './network.ts';
import { clipTensor, evaluationInputs, trainingInputs } from '../../test/support/network-inputs.ts';

const SHAPE: StepShape = { clips: 6, groups: 2, frames: 8, cropSize: 20 };
const SEED = 5;

const inputsOf = (
  network: Network,
  shape: StepShape,
  parameters: ReadonlyMap<string, Float32Array>,
): Map<string, OracleTensor> => trainingInputs(network, shape, { parameters, seed: SEED });

/** Part `index` of `count` of every input that has clips. */
function microBatch(
  inputs: ReadonlyMap<string, OracleTensor>,
  index: number,
  count: number,
): Map<string, OracleTensor> {
  const parts = new Map(inputs);
  for (const name of ['clip', 'target']) {
    const { data, dims } = inputs.get(name)!;
    const size = data.length / count;
    parts.set(name, {
      data: data.slice(index * size, (index + 1) * size),
      dims: dims.with(0, dims[0]! / count),
    });
  }
  return parts;
}

describe('the training graph', () => {
  test('takes and gives what its contract says', async () => {
    const network = createNetwork(tinySlowFast);
    const graph = network.trainingGraph(SHAPE);
    const oracle = await OnnxOracle.load(graph.model);
    const outputs = await oracle.run(inputsOf(network, SHAPE, network.initialValues(1)));
    await oracle.release();
    expect(new Set(oracle.inputNames)).toEqual(
      new Set(['clip', 'target', 'dropoutMask', ...network.parameters.map(({ name }) => name)]),
    );
    const expected = new Map([
      ['loss', 1],
      ['gradientSquares', 1],
      ['logits', SHAPE.clips * tinySlowFast.numClasses],
      ...network.parameters.map(({ name, dims }) => [`gradient/${name}`, elementCount(dims)] as const),
      ...network.normalizations.flatMap(({ name, channels }) =>
        ['mean', 'variance'].map((kind) => [`${kind}/${name}`, SHAPE.groups * channels] as const),
      ),
    ]);
    expect(new Map([...outputs].map(([name, data]) => [name, data.length]))).toEqual(expected);
    expect(graph.hasDropout).toBe(true);
    // Stem of the slow pathway: 3 clips a group, 2 slow frames, 10 x 10 positions.
    expect(graph.valuesPerGroup.get('slow.stem.norm')).toBe(3 * 2 * 10 * 10);
  });

  test('learns: the loss of one batch falls under plain gradient descent', async () => {
    const network = createNetwork(tinySlowFast);
    const oracle = await OnnxOracle.load(network.trainingGraph(SHAPE).model);
    const parameters = new Map(network.initialValues(2));
    const losses: number[] = [];
    for (let step = 0; step < 40; step += 1) {
      const outputs = await oracle.run(inputsOf(network, SHAPE, parameters));
      losses.push(outputs.get('loss')![0]!);
      for (const [name, values] of parameters) {
        const gradient = outputs.get(`gradient/${name}`)!;
        parameters.set(
          name,
          values.map((value, index) => value - 0.1 * gradient[index]!),
        );
      }
    }
    await oracle.release();
    expect(losses[0]).toBeCloseTo(Math.log(3), 0);
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
  });

  test('leaves nothing behind: the same inputs give the same numbers again', async () => {
    const network = createNetwork(tinySlowFast);
    const oracle = await OnnxOracle.load(network.trainingGraph(SHAPE).model);
    const inputs = inputsOf(network, SHAPE, network.initialValues(1));
    const first = await oracle.run(inputs);
    const other = new Map(inputs).set('clip', clipTensor(SHAPE, SEED + 1));
    await oracle.run(other);
    const again = await oracle.run(inputs);
    await oracle.release();
    expect(again).toEqual(first);
  });

  test('gives for micro-batches of whole groups, averaged, what it gives for the batch', async () => {
    const spec = { ...tinySlowFast, dropout: 0 };
    const network = createNetwork(spec);
    const inputs = inputsOf(network, SHAPE, network.initialValues(3));
    const whole = await OnnxOracle.load(network.trainingGraph(SHAPE).model);
    const batch = await whole.run(inputs);
    const part = await OnnxOracle.load(network.trainingGraph({ ...SHAPE, clips: 3, groups: 1 }).model);
    const parts = [await part.run(microBatch(inputs, 0, 2)), await part.run(microBatch(inputs, 1, 2))];
    await Promise.all([whole.release(), part.release()]);
    for (const { name } of network.parameters) {
      const gradient = batch.get(`gradient/${name}`)!;
      const size = Math.max(...gradient.map(Math.abs), 1e-3);
      gradient.forEach((value, index) => {
        const mean =
          (parts[0]!.get(`gradient/${name}`)![index]! + parts[1]!.get(`gradient/${name}`)![index]!) / 2;
        expect(Math.abs(value - mean) / size).toBeLessThan(1e-4);
      });
    }
    for (const { name } of network.normalizations) {
      const split = parts.flatMap((outputs) => [...outputs.get(`mean/${name}`)!]);
      [...batch.get(`mean/${name}`)!].forEach((value, index) => {
        expect(split[index]).toBeCloseTo(value, 4);
      });
    }
  });
});

test('the evaluation graph, given the statistics of one batch, gives the logits of training', async () => {
  const spec = { ...tinySlowFast, dropout: 0, zeroInitFinalGamma: false };
  const shape = { ...SHAPE, groups: 1 };
  const network = createNetwork(spec);
  const parameters = network.initialValues(4);
  const trained = await runOnce(network.trainingGraph(shape).model, inputsOf(network, shape, parameters));
  const ofBatch = (kind: 'mean' | 'variance'): ReadonlyMap<string, Float32Array> =>
    new Map(network.normalizations.map(({ name }) => [name, trained.get(`${kind}/${name}`)!]));
  const values = { parameters, means: ofBatch('mean'), variances: ofBatch('variance') };
  const evaluated = await runOnce(
    network.evaluationGraph(shape).model,
    evaluationInputs(network, shape, { ...values, seed: SEED }),
  );
  trained.get('logits')!.forEach((value, index) => {
    expect(evaluated.get('logits')![index]).toBeCloseTo(value, 4);
  });
});
