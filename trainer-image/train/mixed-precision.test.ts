/**
 * Training in mixed precision on the processor: it ends at the accuracy of float32, and a step whose gradients overflow
 * leaves everything as it was but the loss scale.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { openSgdStore, updateAfter } from '../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../test/support/step-batches.ts';
import { createEngine } from '../engine/create-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { createNetwork } from '../models/create-network.ts';
import type { Precision } from '../models/network.ts';
import { afterStep } from './state/loss-scale.ts';
import type { LossScaleState } from './state/loss-scale.ts';
import { StepKit } from './steps/step-kit.ts';

const SHAPE = { clips: 12, frames: 4, cropSize: 16, classes: tinySlowFast.numClasses };
const NETWORK = createNetwork(tinySlowFast);
const LEARNING_RATE = 0.05;

interface Trained {
  /** Share of right answers in the last steps. */
  readonly accuracy: number;
  readonly losses: readonly number[];
  readonly skipped: number;
  /** Steps left out before the first that was applied. */
  readonly skippedFirst: number;
  readonly lossScale: LossScaleState;
}

describe('training in mixed precision', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await createEngine();
  });

  afterAll(() => {
    engine.dispose();
  });

  async function train(precision: Precision, steps: number, scale: number): Promise<Trained> {
    const store = await openSgdStore(engine, NETWORK);
    await store.write({ parameters: NETWORK.initialValues(3) });
    const settings = { engine, network: NETWORK, store, cores: 1, microBatch: 0, seed: 3 };
    const kit = new StepKit({ ...settings, graphs: { precision } });
    const runner = await kit.runner({ ...SHAPE, groups: 1 });
    let lossScale: LossScaleState = { scale, finiteSteps: 0 };
    const losses: number[] = [];
    let [correct, skipped, skippedFirst] = [0, 0, 0];
    for (let iteration = 0; iteration < steps; iteration += 1) {
      const outcome = await runner.run(brightnessBatch(SHAPE, iteration), iteration, {
        lossScale: lossScale.scale,
      });
      losses.push(outcome.loss);
      correct += iteration >= steps - 10 ? outcome.correct : 0;
      lossScale = afterStep(lossScale, outcome.isFinite);
      if (outcome.isFinite) {
        await updateAfter(runner, store, LEARNING_RATE);
      } else {
        skippedFirst += skipped === iteration ? 1 : 0;
        skipped += 1;
      }
    }
    await kit.dispose();
    store.dispose();
    return { accuracy: correct / (10 * SHAPE.clips), losses, skipped, skippedFirst, lossScale };
  }

  test('ends at the accuracy of float32', async () => {
    const steps = 50;
    const exact = await train('float32', steps, 1);
    const mixed = await train('mixed', steps, 2 ** 16);
    expect(exact.accuracy).toBeGreaterThan(0.9);
    expect(Math.abs(mixed.accuracy - exact.accuracy)).toBeLessThan(0.06);
    expect(Math.abs(mixed.losses[0]! - exact.losses[0]!)).toBeLessThan(0.01);
  });

  test('finds a loss scale that does not overflow, and goes the way of one that started there', async () => {
    const found = await train('mixed', 12, 2 ** 24);
    expect(found.skippedFirst).toBeGreaterThan(0);
    expect(found.lossScale.scale).toBe(2 ** (24 - found.skipped));
    // A step that is left out moves nothing: the loss before the first update is that of the first weights.
    const fresh = await train('mixed', found.skippedFirst + 1, 2 ** 40);
    expect(found.losses.slice(0, found.skippedFirst + 1)).toEqual(fresh.losses);
  });
});
