/**
 * A network of which only the head is trained, under the real engine: steps at several shapes and evaluations share the frozen
 * rest, nothing writes it, and a training that goes on from a checkpoint's numbers ends at the same bits.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { frozenBackbone } from '../../test/support/frozen-backbone.ts';
import { RefusingEngine } from '../../test/support/refusing-engine.ts';
import { openSgdStore, updateAfter } from '../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../test/support/step-batches.ts';
import { createEngine } from '../engine/create-engine.ts';
import { createOnnxNetwork } from '../models/onnx/create-onnx-network.ts';
import { readModel } from '../models/onnx/read-model.ts';
import { Evaluator } from './evaluation/evaluate.ts';
import type { ParameterStore, ParameterValues } from './parameters/parameter-store.ts';
import { StepKit } from './steps/step-kit.ts';

const SHAPES = [
  { clips: 4, groups: 2, frames: 2, cropSize: 8 },
  { clips: 2, groups: 1, frames: 4, cropSize: 8 },
  { clips: 4, groups: 2, frames: 2, cropSize: 16 },
];
const CLASSES = 3;
const NETWORK = createOnnxNetwork(
  readModel(frozenBackbone(), () => new Uint8Array()),
  { numClasses: CLASSES, dropout: 0.2, loss: 'crossEntropy', frozen: ['backbone.'] },
);
const NO_STATISTICS = { means: new Map(), variances: new Map() };

describe.each([
  ['the processor', 'float32'],
  ['the processor', 'mixed'],
  ['a GPU', 'float32'],
] as const)('a frozen backbone as on %s, in %s', (device, precision) => {
  let engine: RefusingEngine;

  beforeEach(async () => {
    engine = new RefusingEngine(await createEngine(), { looksLikeGpu: device === 'a GPU' });
  });

  afterEach(() => {
    // Refuses while a session or a block of memory is left.
    engine.dispose();
  });

  async function evaluate(store: ParameterStore): Promise<number> {
    const evaluator = new Evaluator({ engine, network: NETWORK, store, cores: 1, lanes: 1 });
    async function* batches() {
      yield await Promise.resolve(brightnessBatch({ ...SHAPES[0]!, classes: CLASSES }, 3));
    }
    const sheet = await evaluator.evaluate(
      batches(),
      SHAPES[0]!,
      NO_STATISTICS,
      new AbortController().signal,
    );
    return sheet.read().loss;
  }

  /** Steps of the shapes in turn, from the values of the step before. */
  async function train(
    from: Partial<ParameterValues>,
    steps: readonly number[],
    meanwhile: (store: ParameterStore) => Promise<void> = () => Promise.resolve(),
  ): Promise<ParameterValues> {
    const store = await openSgdStore(engine, NETWORK, { cores: 2 });
    await store.write({ parameters: NETWORK.initialValues(1), ...from });
    const settings = { cores: 2, microBatch: 0, seed: 1, graphs: { precision } };
    const kit = new StepKit({ engine, network: NETWORK, store, ...settings });
    await kit.prepare(SHAPES);
    await meanwhile(store);
    for (const iteration of steps) {
      const shape = SHAPES[iteration % SHAPES.length]!;
      const runner = await kit.runner(shape);
      await runner.run(brightnessBatch({ ...shape, classes: CLASSES }, iteration), iteration, {
        lossScale: 64,
      });
      await updateAfter(runner, store, 0.1);
    }
    const values = await store.read();
    await kit.dispose();
    store.dispose();
    return values;
  }

  test('is shared by the sessions of all shapes and evaluations, which leave it as it is', async () => {
    const before = NETWORK.frozen.map(({ data }) => data.slice());
    const asked: string[] = [];
    let scores: readonly number[] = [];
    const values = await train({}, [0, 1, 2, 3], async (store) => {
      engine.refuse((what) => asked.push(what) < 0);
      scores = [await evaluate(store), await evaluate(store)];
    });
    expect(asked).toContain('session');
    expect(asked).not.toContain('block');
    expect(scores[1]).toBe(scores[0]);
    expect(NETWORK.frozen.map(({ data }) => data)).toEqual(before);
    expect([...values.parameters.keys()].toSorted()).toEqual(['head.bias', 'head.weight']);
    expect(values.parameters.get('head.weight')).not.toEqual(NETWORK.initialValues(1).get('head.weight'));
  });

  test('needs no place in a checkpoint: a training that goes on without it ends at the same bits', async () => {
    const whole = await train({}, [0, 1, 2, 3]);
    expect(await train(await train({}, [0, 1]), [2, 3])).toEqual(whole);
  });
});
