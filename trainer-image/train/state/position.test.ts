import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import { makePhase, makePlan } from '../../../test/support/run/jobs.ts';
import { positionAt, totalIterations } from './position.ts';
import { framePixelsBefore, ProgressMeter } from '../progress/progress-meter.ts';

interface PhaseDraw {
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
  readonly batches: readonly number[];
}

const phaseDraws = fc.array(
  fc.record({
    epochs: fc.integer({ min: 1, max: 4 }),
    iterationsPerEpoch: fc.integer({ min: 1, max: 9 }),
    batches: fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function planOf(draws: readonly PhaseDraw[]): Plan {
  let epoch = 0;
  const phases = draws.map((draw, index): Phase => {
    const startEpoch = epoch;
    epoch += draw.epochs;
    return makePhase(index, {
      frames: 4,
      startEpoch,
      endEpoch: epoch,
      shortCycle: draw.batches.map((batch, place) => ({
        cropSize: 8 + place,
        globalBatch: batch,
        minScale: 9,
      })),
      iterationsPerEpoch: draw.iterationsPerEpoch,
    });
  });
  return makePlan(phases.length, { phases, epochs: epoch });
}

describe('the position of an iteration', () => {
  test('walks every epoch of every phase once, in order, and samples never overlap within an epoch', () => {
    fc.assert(
      fc.property(phaseDraws, (draws) => {
        const plan = planOf(draws);
        let nextSample = 0;
        let epochsSeen = 0;
        for (let iteration = 0; iteration < totalIterations(plan); iteration += 1) {
          const position = positionAt(plan, iteration);
          if (position.iterationInEpoch === 0) {
            nextSample = 0;
            expect(position.epoch).toBe(epochsSeen);
            epochsSeen += 1;
          }
          expect(position.firstSample).toBe(nextSample);
          nextSample += position.shape.globalBatch;
          expect(position.shape).toBe(
            position.phase.shortCycle[position.iterationInEpoch % position.phase.shortCycle.length],
          );
          expect(position.fractionalEpoch).toBeGreaterThanOrEqual(position.epoch);
          expect(position.fractionalEpoch).toBeLessThan(position.epoch + 1);
        }
        expect(epochsSeen).toBe(plan.epochs);
      }),
    );
  });

  test('has one first and one last iteration per phase', () => {
    const plan = planOf([
      { epochs: 2, iterationsPerEpoch: 3, batches: [4, 2, 1] },
      { epochs: 1, iterationsPerEpoch: 5, batches: [2] },
    ]);
    const positions = Array.from({ length: 11 }, (_, i) => positionAt(plan, i));
    expect(positions.filter((p) => p.isFirstOfPhase).map((p) => p.iteration)).toEqual([0, 6]);
    expect(positions.filter((p) => p.isLastOfPhase).map((p) => p.iteration)).toEqual([5, 10]);
    expect(positions.filter((p) => p.isLastOfEpoch).map((p) => p.iteration)).toEqual([2, 5, 10]);
  });

  test('past the end of the plan is an error that says where the end is', () => {
    const plan = planOf([{ epochs: 1, iterationsPerEpoch: 2, batches: [1] }]);
    expect(() => positionAt(plan, 2)).toThrow('ends after 2 iterations');
  });
});

describe('the progress meter', () => {
  test('counts the frame-pixels that the iterations before really had', () => {
    fc.assert(
      fc.property(phaseDraws, (draws) => {
        const plan = planOf(draws);
        let sum = 0;
        for (let iteration = 0; iteration < totalIterations(plan); iteration += 1) {
          expect(framePixelsBefore(plan, iteration)).toBe(sum);
          const { phase, shape } = positionAt(plan, iteration);
          sum += shape.globalBatch * phase.frames * shape.cropSize ** 2;
        }
        expect(new ProgressMeter(plan).read(totalIterations(plan)).percent).toBeCloseTo(100, 9);
      }),
    );
  });

  test('derives speed, waiting share and time left from the last steps', () => {
    const plan = planOf([{ epochs: 1, iterationsPerEpoch: 10, batches: [4] }]);
    const meter = new ProgressMeter(plan);
    for (let iteration = 0; iteration < 5; iteration += 1) {
      meter.record({ iteration, clips: 4, frames: 4, cropSize: 8, loss: 2, stepMs: 100, dataWaitMs: 10 });
    }
    const reading = meter.read(5);
    expect(reading.loss).toBe(2);
    expect(reading.clipsPerSecond).toBeCloseTo(40, 9);
    expect(reading.dataWaitRatio).toBeCloseTo(0.1, 9);
    expect(reading.percent).toBeCloseTo(50, 9);
    expect(reading.etaSeconds).toBeCloseTo(0.5, 9);
  });
});
