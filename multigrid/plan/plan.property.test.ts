/** What holds for the plan of any recipe that the API accepts. jest prints the seed of a failure. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filledSpec, PUBLISHED_LONG_CYCLE, PUBLISHED_SHORT_CYCLE } from '../../test/support/filled-specs.ts';
import type { FilledSpec } from '../api/filled-spec.ts';
import { framePixelsPerEpoch } from './cost.ts';
import { groupsOf } from './groups.ts';
import { learningRateAt } from './learning-rate.ts';
import { planTraining } from './plan.ts';
import { sharingOf } from '../sharing/share.ts';
import type { Plan } from './types.ts';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

const factor = fc.double({ min: 0.05, max: 2, noNaN: true });
const longCycle = fc.oneof(
  fc.constant(PUBLISHED_LONG_CYCLE),
  fc.constant(null),
  fc.array(fc.record({ frames: factor, crop: factor }), { minLength: 1, maxLength: 8 }),
);
const shortCycle = fc.oneof(
  fc.constant(PUBLISHED_SHORT_CYCLE),
  fc.constant(null),
  fc.array(factor, { minLength: 1, maxLength: 7 }),
);
const stages = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 7 }))
  .map(([epochs, borders]) => ({
    epochs,
    steps: [0, ...new Set(borders.filter((border) => border <= epochs))].toSorted(
      (one, other) => one - other,
    ),
  }));
const recipe = fc.record({
  frames: fc.integer({ min: 1, max: 128 }),
  stride: fc.integer({ min: 1, max: 16 }),
  cropSize: fc.integer({ min: 16, max: 320 }),
  batchSize: fc.integer({ min: 1, max: 1024 }),
  gamma: fc.double({ min: 0.01, max: 1, noNaN: true }),
  learningRate: fc.double({ min: 1e-4, max: 10, noNaN: true }),
  learningRatePolicy: fc.constantFrom('steps' as const, 'cosine' as const),
  warmup: fc.record({
    epochs: fc.double({ min: 0, max: 600, noNaN: true }),
    learningRate: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
});
const anySpec = fc
  .record({
    recipe,
    stages,
    longCycle,
    shortCycle,
    epochFactor: fc.double({ min: 0.01, max: 5, noNaN: true }),
    groupSize: fc.option(fc.integer({ min: 1, max: 64 })),
    replicas: fc.integer({ min: 1, max: 64 }),
  })
  .map(({ recipe: settings, stages: schedule, replicas, ...multigrid }) =>
    filledSpec({
      recipe: {
        ...settings,
        ...schedule,
        relativeLearningRates: schedule.steps.map((_, stage) => settings.gamma ** stage),
      },
      multigrid,
      workers: { replicas },
    }),
  );
const clipCount = fc.integer({ min: 0, max: 1_000_000_000 });

function forAnyPlan(check: (plan: Plan, spec: FilledSpec, clips: number) => void): void {
  fc.assert(
    fc.property(anySpec, clipCount, (spec, clips) => {
      check(planTraining(spec, clips, sha256Hex), spec, clips);
    }),
    { numRuns: 300 },
  );
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test('phases tile the epochs and are numbered in order', () => {
  forAnyPlan((plan) => {
    const borders = [0, ...plan.phases.map(({ endEpoch }) => endEpoch)];
    expect(plan.phases.map(({ startEpoch }) => startEpoch)).toEqual(borders.slice(0, -1));
    expect(borders.at(-1)).toBe(plan.epochs);
    expect(plan.phases.map(({ index }) => index)).toEqual([...plan.phases.keys()]);
    for (const { startEpoch, endEpoch } of plan.phases) {
      expect(endEpoch).toBeGreaterThan(startEpoch);
    }
  });
});

test('no number is NaN or infinite, and every count is whole and not negative', () => {
  forAnyPlan((plan) => {
    expect(numbersIn(plan).filter((number) => !Number.isFinite(number))).toEqual([]);
    for (const phase of plan.phases) {
      const counts = { ...phase, learningRate: 0 };
      expect(numbersIn(counts).filter((number) => !Number.isSafeInteger(number) || number < 0)).toEqual([]);
    }
  });
});

test('batch times frame-pixels stays near that of the baseline', () => {
  forAnyPlan((plan, { recipe: { frames, cropSize } }) => {
    for (const phase of plan.phases) {
      const exact = (frames * cropSize ** 2) / (phase.frames * phase.cropSize ** 2);
      expect(Math.abs(phase.batchFactor - exact)).toBeLessThanOrEqual(0.5);
    }
  });
});

test('the learning rate of a phase is its batch factor times that of its stage, the fine-tuning being halved', () => {
  forAnyPlan((plan, { recipe: { learningRate, gamma, learningRatePolicy }, multigrid }) => {
    const last = plan.phases.at(-1);
    for (const phase of plan.phases) {
      const isFineTuning = multigrid.longCycle !== null && phase.stage === last?.stage;
      if (learningRatePolicy === 'steps' && !isFineTuning) {
        const expected = learningRate * gamma ** phase.stage * phase.batchFactor;
        expect(Math.abs(phase.learningRate - expected)).toBeLessThanOrEqual(1e-9 * expected);
      }
    }
  });
});

test('the learning rate is finite and not negative at any moment, and that of the phase after warm-up', () => {
  forAnyPlan(({ phases, learningRateSchedule: schedule }) => {
    for (const { startEpoch, endEpoch, learningRate } of phases) {
      for (const epoch of [startEpoch, startEpoch + 0.5, endEpoch - 0.001]) {
        const rate = learningRateAt(schedule, epoch);
        expect(rate).toBeGreaterThanOrEqual(0);
        if (epoch >= schedule.warmup.epochs && schedule.policy === 'steps') {
          expect(rate).toBe(learningRate);
        }
      }
    }
  });
});

test('with a long cycle every stretch ends with an evaluation and a checkpoint', () => {
  forAnyPlan((plan, spec) => {
    const lastEpochs = plan.phases
      .filter((phase, index) => plan.phases[index + 1]?.frames !== phase.frames)
      .map(({ endEpoch }) => endEpoch - 1);
    const required = spec.multigrid.longCycle === null ? lastEpochs.slice(-1) : lastEpochs;
    expect(plan.evaluationEpochs).toEqual(expect.arrayContaining([...required]));
    expect(plan.checkpointEpochs).toEqual(expect.arrayContaining([...required]));
    expect(plan.evaluationEpochs).toEqual([...new Set(plan.evaluationEpochs)].toSorted((a, b) => a - b));
  });
});

test('totals are the sums over the phases', () => {
  forAnyPlan((plan, { recipe: settings }, clips) => {
    const epochs = plan.phases.map(({ startEpoch, endEpoch }) => endEpoch - startEpoch);
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const iterations = sum(
      plan.phases.map((phase, index) => (epochs[index] ?? 0) * phase.iterationsPerEpoch),
    );
    expect(plan.totals.iterations).toBe(iterations);
    expect(plan.totals.baselineIterations * settings.batchSize).toBeLessThanOrEqual(settings.epochs * clips);
    for (const phase of plan.phases) {
      const cycle = sum(
        phase.shortCycle.map((shape) => shape.globalBatch * phase.frames * shape.cropSize ** 2),
      );
      const cycles = phase.iterationsPerEpoch / phase.shortCycle.length;
      expect(framePixelsPerEpoch(phase)).toBeGreaterThanOrEqual(Math.floor(cycles) * cycle);
      expect(framePixelsPerEpoch(phase)).toBeLessThanOrEqual(Math.ceil(cycles) * cycle);
    }
  });
});

test('the same recipe has the same hash, another one another', () => {
  forAnyPlan((plan, spec, clips) => {
    expect(planTraining(spec, clips, sha256Hex).hash).toBe(plan.hash);
    const other = { ...spec, recipe: { ...spec.recipe, stride: spec.recipe.stride + 1 } };
    expect(planTraining(other, clips, sha256Hex).hash === plan.hash).toBe(plan.phases.length === 0);
  });
});

test('a plan and its hash belong to the job, whatever number of workers trains it', () => {
  fc.assert(
    fc.property(anySpec, clipCount, fc.integer({ min: 1, max: 4096 }), (spec, clips, replicas) => {
      const { problems: few, ...plan } = planTraining(spec, clips, sha256Hex);
      const others = { ...spec, workers: { ...spec.workers, replicas } };
      const { problems: many, ...same } = planTraining(others, clips, sha256Hex);
      expect(same).toEqual(plan);
      const ofPlan = (problems: Plan['problems']) =>
        problems.filter(({ code }) => code !== 'BatchSmallerThanWorkers');
      expect(ofPlan(many)).toEqual(ofPlan(few));
    }),
    { numRuns: 100 },
  );
});

test('every step whose groups come out even can be shared out to as many workers as it has clips', () => {
  forAnyPlan((plan) => {
    const even = plan.phases.filter((phase) => phase.globalBatch % groupsOf(phase) === 0);
    for (const phase of even) {
      for (const { globalBatch } of phase.shortCycle.filter((shape) => shape.globalBatch > 0)) {
        const batch = { clips: globalBatch, groups: groupsOf(phase) };
        const { each, more, unit } = sharingOf(batch, globalBatch);
        expect({ each, more }).toEqual({ each: 1, more: 0 });
        expect(unit).toBe(batch.groups === globalBatch ? 'Group' : 'Clip');
      }
    }
  });
});

test('the work of planning is bounded by the limits of the API, not by the number of clips', () => {
  // Counts what grows: phases and milestones. Clips enter as arithmetic only.
  fc.assert(
    fc.property(anySpec, (spec) => {
      const few = planTraining(spec, 1000, sha256Hex);
      const many = planTraining(spec, Number.MAX_SAFE_INTEGER, sha256Hex);
      const limit = (spec.recipe.steps.length - 1) * (spec.multigrid.longCycle?.length ?? 1) + 2;
      expect(many.phases.length).toBeLessThanOrEqual(limit);
      expect(many.phases.length).toBe(few.phases.length);
      expect(many.evaluationEpochs.length).toBeLessThanOrEqual(Math.max(1, many.epochs));
    }),
    { numRuns: 50 },
  );
});
