/**
 * Parameters under the real engine, as the processor and as a GPU works on them (the calls of a GPU, only the memory is the
 * processor's). The judge of an update is the same arithmetic in JavaScript, of training PyTorch (training-parity.test.ts).
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { copyTensor, vector } from '../../../test/support/copy-tensor.ts';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { RefusingEngine } from '../../../test/support/refusing-engine.ts';
import { openSgdStore, updateAfter } from '../../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../../test/support/step-batches.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { DeviceTensor } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import type { FrozenTensor } from '../../models/network.ts';
import { StepKit } from '../steps/step-kit.ts';
import type { StoredParameter } from './flat-layout.ts';
import { ParameterStore, type ParameterValues } from './parameter-store.ts';
import { sgd } from './sgd.ts';

const SHAPE = { clips: 8, frames: 8, cropSize: 20, classes: tinySlowFast.numClasses };
const NETWORK = createNetwork({ ...tinySlowFast, zeroInitFinalGamma: false });
/** Longer than a piece, shorter than a line, and of no length at all. */
const VECTORS: readonly StoredParameter[] = [
  { name: 'long', dims: [150_000], decay: true },
  { name: 'short', dims: [3], decay: false },
  { name: 'none', dims: [0], decay: true },
];
const FROZEN: readonly FrozenTensor[] = [
  { name: 'frozen/table', type: 'float32', dims: [5], data: numbers(5, 9) },
];
const WEIGHT_DECAY = 0.01;
const MOMENTUM = 0.9;

function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed + i));
}

describe.each([['the processor', false] as const, ['a GPU', true] as const])(
  'a store as on %s',
  (_, looksLikeGpu) => {
    let engine: RefusingEngine;
    let store: ParameterStore | null;

    beforeEach(async () => {
      engine = new RefusingEngine(await createEngine(), { looksLikeGpu });
      store = null;
    });

    afterEach(() => {
      store?.dispose();
      // Refuses while a session or a block of memory is left.
      engine.dispose();
    });

    async function openVectors(
      gradientSets: number,
      { nesterov = true, tailLength = 0 } = {},
    ): Promise<ParameterStore> {
      store = await ParameterStore.open(engine, {
        ...{ parameters: VECTORS, frozen: FROZEN, gradientSets, cores: 2, weightDecay: WEIGHT_DECAY },
        tailLength,
        optimizer: sgd({ momentum: MOMENTUM, nesterov }),
      });
      return store;
    }

    const setGradient = (into: DeviceTensor, values: Float32Array): Promise<void> =>
      copyTensor(engine, vector(values), into);

    test.each([true, false])(
      'updates every parameter by SGD from the sum of lanes, nesterov %s',
      async (nesterov) => {
        const opened = await openVectors(2, { nesterov });
        const p = new Map([
          ['long', numbers(150_000, 1)],
          ['short', numbers(3, 2)],
        ]);
        const v = new Map([
          ['long', numbers(150_000, 3)],
          ['short', numbers(3, 4)],
        ]);
        await opened.write({ parameters: p, slots: new Map([['momentum', v]]) });
        for (const [name, values] of p) {
          await setGradient(opened.gradient(0, name), numbers(values.length, 5));
          await setGradient(opened.gradient(1, name), numbers(values.length, 6));
        }
        const { length } = await opened.gradientBlock(2, 0.5);
        expect(length).toBeGreaterThanOrEqual(150_003);
        await opened.update({ learningRate: 0.1, iteration: 0 });
        const { parameters, slots } = await opened.read();
        for (const [name, values] of p) {
          const decay = name === 'long' ? WEIGHT_DECAY : 0;
          const [g0, g1] = [numbers(values.length, 5), numbers(values.length, 6)];
          const velocities = values.map(
            (x, i) => MOMENTUM * v.get(name)![i]! + 0.5 * (g0[i]! + g1[i]!) + decay * x,
          );
          const expected = values.map((x, i) => {
            const gradient = 0.5 * (g0[i]! + g1[i]!) + decay * x;
            return x - 0.1 * (nesterov ? gradient + MOMENTUM * velocities[i]! : velocities[i]!);
          });
          expect(largestDifference(slots.get('momentum')!.get(name)!, velocities)).toBeLessThan(1e-6);
          expect(largestDifference(parameters.get(name)!, expected)).toBeLessThan(1e-6);
        }
      },
    );

    test('keeps a tail behind the gradients of their block, which no update reads', async () => {
      const opened = await openVectors(2, { nesterov: false, tailLength: 3 });
      await setGradient(opened.gradient(0, 'short'), Float32Array.of(1, 2, 3));
      await setGradient(opened.gradient(1, 'short'), Float32Array.of(5, 6, 7));
      await opened.tail?.write(Float32Array.of(7, 8, 9));
      const { tensor, length } = await opened.gradientBlock(2, 0.25);
      const block = new Float32Array(length);
      await copyTensor(engine, tensor, vector(block));
      expect(block.subarray(-3)).toEqual(Float32Array.of(7, 8, 9));
      expect([...block.subarray(0, -3)].filter((value) => value !== 0)).toEqual([1.5, 2, 2.5]);
      await copyTensor(engine, vector(block.map((value) => 2 * value)), tensor);
      expect(await opened.tail?.read()).toEqual(Float32Array.of(14, 16, 18));
      await opened.update({ learningRate: 1, iteration: 0 });
      expect((await opened.read()).parameters.get('short')).toEqual(Float32Array.of(-3, -4, -5));
      expect((await openVectors(1)).tail).toBeNull();
      opened.dispose();
    });

    async function trained(microBatch: number, cores: number): Promise<ParameterValues> {
      const opened = await openSgdStore(engine, NETWORK, { cores });
      await opened.write({ parameters: NETWORK.initialValues(3) });
      const kit = new StepKit({ engine, network: NETWORK, store: opened, cores, microBatch, seed: 3 });
      for (let iteration = 0; iteration < 4; iteration += 1) {
        const runner = await kit.runner({ ...SHAPE, groups: 4 });
        await runner.run(brightnessBatch(SHAPE, iteration), iteration);
        await updateAfter(runner, opened, 0.05);
      }
      const values = await opened.read();
      await kit.dispose();
      opened.dispose();
      return values;
    }

    test('goes on as if never stopped from what it gave', async () => {
      const opened = await openVectors(1);
      await opened.write({ parameters: new Map([['long', numbers(150_000, 1)]]) });
      await setGradient(opened.gradient(0, 'long'), numbers(150_000, 2));
      const step = { learningRate: 0.1, iteration: 0 };
      await opened.update(step);
      const half = await opened.read();
      await opened.update(step);
      const whole = await opened.read();
      await opened.write(half);
      await opened.update(step);
      expect(await opened.read()).toEqual(whole);
    });

    test('trains to the same bits each time, in lanes and in micro-batches that accumulate', async () => {
      for (const [microBatch, cores] of [
        [0, 2],
        [2, 1],
      ] as const) {
        expect(await trained(microBatch, cores)).toEqual(await trained(microBatch, cores));
      }
    });

    test('gives back what was written, slots that were left out as zeros', async () => {
      const opened = await openVectors(1);
      const parameters = new Map(VECTORS.map(({ name, dims }) => [name, numbers(dims[0]!, 7)]));
      const slots = new Map([['momentum', parameters]]);
      await opened.write({ parameters, slots });
      expect(await opened.read()).toEqual({ parameters, slots });
      await opened.write({ parameters });
      const momenta = (await opened.read()).slots.get('momentum')!;
      expect([...momenta.values()].every((values) => values.every((value) => value === 0))).toBe(true);
    });

    test('hands frozen tensors out beside the parameters, and an update leaves them as they are', async () => {
      const opened = await openVectors(1);
      await setGradient(opened.gradient(0, 'long'), numbers(150_000, 2));
      await opened.update({ learningRate: 0.1, iteration: 0 });
      const inputs = opened.inputs();
      expect([...inputs.keys()].toSorted()).toEqual(['frozen/table', 'long', 'none', 'short']);
      const read = new Float32Array(5);
      await copyTensor(engine, inputs.get('frozen/table')!, vector(read));
      expect(read).toEqual(numbers(5, 9));
      expect([...(await opened.read()).parameters.keys()]).not.toContain('frozen/table');
    });

    test('names a parameter or gradient set that it does not hold', async () => {
      const opened = await openVectors(1);
      expect(() => opened.gradient(0, 'nowhere')).toThrow('no parameter "nowhere"');
      expect(() => opened.gradient(1, 'long')).toThrow('no gradient set 1');
    });

    test.each(['session', 'block'] as const)(
      'leaves nothing open when it is refused any %s',
      async (what) => {
        for (let refused = 1; ; refused += 1) {
          engine.refuse((asked, time) => asked === what && time === refused);
          const outcome = await openVectors(2).catch((error: unknown) => error);
          if (outcome instanceof ParameterStore) {
            expect(refused).toBeGreaterThan(4);
            return;
          }
          expect(outcome).toMatchObject({ code: 'out-of-memory' });
        }
      },
    );

    test('adds lanes up once there is room, after there was none', async () => {
      const opened = await openVectors(2);
      engine.refuse((asked, time) => asked === 'session' && time === 1);
      await expect(opened.gradientBlock(2, 1)).rejects.toMatchObject({ code: 'out-of-memory' });
      await expect(opened.gradientBlock(2, 1)).resolves.toMatchObject({ length: expect.any(Number) });
    });
  },
);

function largestDifference(a: Float32Array, b: ArrayLike<number>): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}
