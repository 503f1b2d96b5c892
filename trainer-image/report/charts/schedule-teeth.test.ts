import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleBaseline, sampleRun } from '../../../test/support/sample-run.ts';
import { shortCycleTeeth } from './schedule-teeth.ts';

const { plan } = sampleRun();

test('fills every phase with whole turns of its short cycle, in order and without overlap, at any width', () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 3000 }), (plotWidth) => {
      const teeth = shortCycleTeeth(plan, plotWidth);
      for (const phase of plan.phases) {
        const own = teeth.filter(({ start }) => start >= phase.startEpoch && start < phase.endEpoch);
        expect(own.length % phase.shortCycle.length).toBe(0);
        expect(own.length).toBeGreaterThan(0);
        own.forEach((tooth, i) => {
          const shape = phase.shortCycle[i % phase.shortCycle.length]!;
          expect([tooth.clips, tooth.crop]).toEqual([shape.globalBatch, shape.cropSize]);
          expect(tooth.start).toBeCloseTo(own[i - 1]?.end ?? phase.startEpoch, 9);
        });
        expect(own.at(-1)!.end).toBeLessThan(phase.endEpoch);
      }
    }),
    { numRuns: 25 },
  );
});

test('draws a phase without a short cycle as one block', () => {
  const baseline = sampleBaseline().plan;
  expect(shortCycleTeeth(baseline, 900)).toHaveLength(baseline.phases.length);
});
