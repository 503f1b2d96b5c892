import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClipBatch } from '../../data/clip-request.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Engine, ParameterArena } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import type { Network } from '../../models/network.ts';
import { ArenaStore } from '../parameters/arena-store.ts';
import { gradientSetsOf } from '../memory/share-machine.ts';
import { StepKit } from './step-kit.ts';
import type { StepOutcome } from './step.ts';

const FRAMES = 4;
const CROP = 16;
const CLIPS = 8;
const GROUPS = 4;

/** Deterministic pixels and labels; class k is a brighter clip, so there is something to learn. */
function batchOf(clips: number, iteration: number): ClipBatch {
  const labels = Array.from({ length: clips }, (_, i) => [(i * 7 + iteration) % 3]);
  const clipBytes = FRAMES * CROP ** 2 * 3;
  const pixels = new Uint8Array(clips * clipBytes);
  let state = 12345 + iteration;
  for (let i = 0; i < pixels.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[i] = (state >>> 25) + labels[Math.floor(i / clipBytes)]![0]! * 40;
  }
  return {
    pixels,
    clips,
    frames: FRAMES,
    cropSize: CROP,
    labels,
    samples: [...labels.keys()],
    release: () => undefined,
  };
}

interface Bench {
  readonly arena: ParameterArena;
  readonly kit: StepKit;
}

describe('a training step', () => {
  let engine: Engine;
  let network: Network;
  const kits: StepKit[] = [];

  beforeAll(async () => {
    engine = await createEngine();
    network = createNetwork({
      family: 'slowfast',
      numClasses: 3,
      dropout: 0.3,
      width: 8,
      blocks: [1, 1],
      expansion: 2,
      stemKernel: 3,
      alpha: 2,
      betaInv: 2,
      fusionKernel: 3,
      zeroInitFinalGamma: false,
    });
  });

  afterAll(async () => {
    await Promise.all(kits.map((kit) => kit.dispose()));
    engine.dispose();
  });

  function bench(cores: number, microBatch: number): Bench {
    const arena = engine.createArena(network.parameters, gradientSetsOf(cores));
    for (const [name, values] of network.initialValues(3)) {
      arena.parameter(name).data.set(values);
    }
    const kit = new StepKit({
      engine,
      network,
      store: new ArenaStore(arena),
      cores,
      microBatch,
      recompute: 'Never',
      seed: 3,
    });
    kits.push(kit);
    return { arena, kit };
  }

  async function trainSteps({ arena, kit }: Bench, from: number, to: number): Promise<StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    for (let iteration = from; iteration < to; iteration += 1) {
      const runner = await kit.runner({ clips: CLIPS, groups: GROUPS, frames: FRAMES, cropSize: CROP });
      const outcome = await runner.run(batchOf(CLIPS, iteration), iteration);
      outcomes.push({ ...outcome, statistics: new Map(outcome.statistics) });
      arena.update({
        learningRate: 0.05,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 1e-4,
        gradientScale: runner.gradientScale,
        lanes: runner.lanes,
      });
    }
    return outcomes;
  }

  function parametersOf(arena: ParameterArena): number[] {
    return network.parameters.flatMap(({ name }) => [...arena.parameter(name).data]);
  }

  function largestDifference(a: readonly number[], b: readonly number[]): number {
    return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
  }

  test('gives the same numbers in one run, in two lanes, and in micro-batches that accumulate', async () => {
    const whole = bench(1, 0);
    const lanes = bench(2, 0);
    const accumulated = bench(1, 2);
    const expected = await trainSteps(whole, 0, 4);
    const inLanes = await trainSteps(lanes, 0, 4);
    const inMicroBatches = await trainSteps(accumulated, 0, 4);
    for (const [i, { loss, correct }] of expected.entries()) {
      expect(Math.abs(inLanes[i]!.loss - loss)).toBeLessThan(1e-6 * Math.max(1, loss));
      expect(Math.abs(inMicroBatches[i]!.loss - loss)).toBeLessThan(1e-5 * Math.max(1, loss));
      expect(inLanes[i]!.correct).toBe(correct);
    }
    expect(largestDifference(parametersOf(lanes.arena), parametersOf(whole.arena))).toBeLessThan(1e-5);
    expect(largestDifference(parametersOf(accumulated.arena), parametersOf(whole.arena))).toBeLessThan(1e-5);
  });

  test('is the same to the last bit when it is repeated', async () => {
    const first = bench(2, 0);
    const second = bench(2, 0);
    await trainSteps(first, 0, 3);
    await trainSteps(second, 0, 3);
    expect(parametersOf(second.arena)).toEqual(parametersOf(first.arena));
  });

  test('learns: the loss falls on clips whose class can be seen', async () => {
    const outcomes = await trainSteps(bench(2, 0), 0, 40);
    const mean = (part: readonly StepOutcome[]): number =>
      part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(outcomes.slice(-5))).toBeLessThan(0.5 * mean(outcomes.slice(0, 5)));
  });

  test.each([0, 2])(
    'tells gradients that are not finite behind a loss that is, with micro-batches of %i clips',
    async (microBatch) => {
      const { arena, kit } = bench(1, microBatch);
      const runner = await kit.runner({ clips: CLIPS, groups: GROUPS, frames: FRAMES, cropSize: CROP });
      expect((await runner.run(batchOf(CLIPS, 0), 0)).isFinite).toBe(true);
      // Logits that the loss can still bear, and small weights before batch norm, whose gradients are the larger.
      for (const { name, dims } of network.parameters.filter(({ decay }) => decay)) {
        const { data } = arena.parameter(name);
        data.set(data.map((value) => value * (dims[0] === network.numClasses ? 1e39 : 1e-3)));
      }
      const { loss, isFinite } = await runner.run(batchOf(CLIPS, 0), 0);
      expect(Number.isFinite(loss)).toBe(true);
      const gradients = network.parameters.flatMap(({ name }) => [...arena.gradient(0, name).data]);
      expect(gradients.every((value) => Number.isFinite(value))).toBe(false);
      expect(isFinite).toBe(false);
    },
  );

  test('reports statistics for every group of every batch norm', async () => {
    const { kit } = bench(2, 0);
    const runner = await kit.runner({ clips: CLIPS, groups: GROUPS, frames: FRAMES, cropSize: CROP });
    const { statistics } = await runner.run(batchOf(CLIPS, 0), 0);
    for (const { name, channels } of network.normalizations) {
      const { mean, variance, valuesPerGroup } = statistics.get(name)!;
      expect(mean).toHaveLength(GROUPS * channels);
      expect(variance.every((value) => value >= 0)).toBe(true);
      expect(variance.some((value) => value > 0)).toBe(true);
      expect(valuesPerGroup).toBeGreaterThan(0);
    }
  });
});
