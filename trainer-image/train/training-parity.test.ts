/**
 * Two hundred training steps against PyTorch: the same small SlowFast, first values, clips, learning rates and SGD, step
 * by step. The losses and accuracies to reach, and the script that made them, are in test/fixtures/pytorch.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fixtureParameter } from '../../test/support/fixture-values.ts';
import { openSgdStore, updateAfter } from '../../test/support/sgd-store.ts';
import { FRAMES, movingSquares, SIDE } from '../../test/support/moving-squares.ts';
import { createEngine } from '../engine/create-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { createNetwork } from '../models/create-network.ts';
import type { Network, NetworkSpec } from '../models/network.ts';
import { initialStatistics, updateRunning } from '../models/normalization-statistics.ts';
import type { GroupStatistics } from '../models/normalization-statistics.ts';
import { Evaluator } from './evaluation/evaluate.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import { StepKit } from './steps/step-kit.ts';

/** What two trainers that are both right may differ by before chance has grown: float64 is nearer, see make_parity.py. */
const LOSS_TOLERANCE = 1e-3;
/** PyTorch's own momentum of running statistics. */
const STATISTICS_MOMENTUM = 0.1;
/** Of one training; the three of them run side by side. */
const CORES = 1;

interface Fixture {
  readonly spec: NetworkSpec;
  readonly recipe: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly weightDecay: number;
    readonly warmupSteps: number;
    readonly dropAtStep: number;
  };
  readonly batch: number;
  /** Steps over which the losses must agree. */
  readonly compared: number;
  readonly trainingVideos: number;
  readonly testVideos: { readonly first: number; readonly count: number };
  readonly runs: readonly {
    readonly seed: number;
    readonly losses: readonly number[];
    readonly correct: number;
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../test/fixtures/pytorch/training-parity.json', import.meta.url), 'utf8'),
) as Fixture;

interface Trained {
  readonly losses: readonly number[];
  readonly store: ParameterStore;
  readonly running: ReadonlyMap<string, GroupStatistics>;
}

describe('training beside PyTorch', () => {
  let engine: Engine;
  let network: Network;
  const runs: { readonly seed: number; readonly losses: readonly number[]; readonly correct: number }[] = [];

  beforeAll(async () => {
    engine = await createEngine();
    network = createNetwork(fixture.spec);
    const trainings = fixture.runs.map(async ({ seed }) => {
      const trained = await train(engine, network, seed);
      runs.push({ seed, losses: trained.losses, correct: await countCorrect(engine, network, trained) });
    });
    await Promise.all(trainings);
  });

  afterAll(() => {
    engine.dispose();
  });

  test.each(fixture.runs)('shows the losses that PyTorch shows with seed $seed', ({ seed, losses }) => {
    const ours = runs.find((run) => run.seed === seed)!;
    expect(ours.losses).toHaveLength(losses.length);
    const apart = losses
      .slice(0, fixture.compared)
      .map((loss, step) => Math.abs(ours.losses[step]! - loss) / loss);
    expect(Math.max(...apart)).toBeLessThan(LOSS_TOLERANCE);
  });

  test('ends with the accuracy that PyTorch ends with, within the noise of three seeds', () => {
    const share = (list: readonly { readonly correct: number }[]): readonly number[] =>
      list.map(({ correct }) => correct / fixture.testVideos.count);
    const [ours, theirs] = [share(runs), share(fixture.runs)];
    // A network that learned nothing has a quarter.
    expect(mean(theirs)).toBeGreaterThan(0.8);
    expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(2 * noiseOfMean(theirs));
  });
});

async function train(engine: Engine, network: Network, seed: number): Promise<Trained> {
  const store = await openSgdStore(engine, network, {
    cores: CORES,
    weightDecay: fixture.recipe.weightDecay,
  });
  expect(fixture.recipe.momentum).toBe(0.9);
  await store.write({
    parameters: new Map(
      network.parameters.map(({ name, dims }) => [name, firstValues(name, dims, seed)] as const),
    ),
  });
  const running = new Map(
    network.normalizations.map(({ name, channels }) => [name, initialStatistics(1, channels)]),
  );
  const kit = new StepKit({
    engine,
    network,
    store,
    cores: CORES,
    microBatch: 0,
    seed,
  });
  const runner = await kit.runner({ clips: fixture.batch, groups: 1, frames: FRAMES, cropSize: SIDE });
  const losses: number[] = [];
  for (let step = 0; step < fixture.runs[0]!.losses.length; step += 1) {
    const videos = Array.from(
      { length: fixture.batch },
      (_, index) => (step * fixture.batch + index + seed) % fixture.trainingVideos,
    );
    const outcome = await runner.run(movingSquares(videos), step);
    await updateAfter(runner, store, learningRateAt(step));
    for (const [name, statistics] of outcome.statistics) {
      updateRunning(running.get(name)!, statistics, STATISTICS_MOMENTUM);
    }
    losses.push(outcome.loss);
  }
  await kit.dispose();
  return { losses, store, running };
}

/** The twin of `first_values` in make_parity.py. */
function firstValues(name: string, dims: readonly number[], seed: number): Float32Array {
  const values = fixtureParameter(name, dims, seed);
  if (name.endsWith('.gamma')) {
    return values.fill(name.endsWith('.c.norm.gamma') ? 0 : 1);
  }
  if (name.endsWith('.beta') || name.endsWith('.bias')) {
    return values.fill(0);
  }
  return dims.length === 2 ? values.map((value) => value / 32) : values;
}

function learningRateAt(step: number): number {
  const { learningRate, warmupSteps, dropAtStep } = fixture.recipe;
  return learningRate * Math.min(1, (step + 1) / warmupSteps) * (step >= dropAtStep ? 0.1 : 1);
}

async function countCorrect(engine: Engine, network: Network, { store, running }: Trained): Promise<number> {
  const { first, count } = fixture.testVideos;
  const evaluator = new Evaluator({
    ...{ engine, network, store, cores: CORES, lanes: CORES },
  });
  const of = (part: 'mean' | 'variance'): ReadonlyMap<string, Float32Array> =>
    new Map([...running].map(([name, statistics]) => [name, statistics[part]]));
  const sheet = await evaluator.evaluate(
    testBatches(first, count),
    { frames: FRAMES, cropSize: SIDE },
    { means: of('mean'), variances: of('variance') },
    new AbortController().signal,
  );
  store.dispose();
  return Math.round(sheet.read().top1 * count);
}

async function* testBatches(first: number, count: number): AsyncGenerator<ReturnType<typeof movingSquares>> {
  for (let from = first; from < first + count; from += fixture.batch) {
    yield await Promise.resolve(movingSquares(Array.from({ length: fixture.batch }, (_, i) => from + i)));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard error of the mean accuracy, counting the choice of test videos and the spread over seeds. */
function noiseOfMean(accuracies: readonly number[]): number {
  const average = mean(accuracies);
  const ofVideos = Math.sqrt((average * (1 - average)) / fixture.testVideos.count);
  const ofSeeds = Math.sqrt(mean(accuracies.map((value) => (value - average) ** 2)));
  return Math.max(1 / fixture.testVideos.count, Math.hypot(ofVideos, ofSeeds) / Math.sqrt(accuracies.length));
}
