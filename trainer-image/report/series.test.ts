import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleRun } from '../../test/support/sample-run.ts';
import { binSteps } from './series.ts';

const steps = sampleRun().events.filter((event) => event.kind === 'step');

test('makes at most the asked number of bins, plus one for every phase border', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (bins) => {
      const made = binSteps(steps, bins);
      const borders = new Set(steps.map((step) => step.phase)).size - 1;
      expect(made.length).toBeLessThanOrEqual(bins + borders);
      expect(made.length).toBeGreaterThan(borders);
    }),
  );
});

test('never mixes two phases, keeps time ascending and the mean between lowest and highest', () => {
  const made = binSteps(steps, 50);
  const ends = new Map(steps.map((step) => [step.phase, step.seconds]));
  made.forEach((bin, i) => {
    expect(bin.seconds).toBeGreaterThan(made[i - 1]?.seconds ?? -1);
    expect(bin.seconds).toBeLessThanOrEqual(ends.get(bin.phase)!);
    expect(bin.meanLoss).toBeGreaterThanOrEqual(bin.lowLoss);
    expect(bin.meanLoss).toBeLessThanOrEqual(bin.highLoss);
  });
});

test('weighs accuracy by clips', () => {
  const base = { ...steps[0]!, phase: 0, seconds: 1 };
  const [bin] = binSteps(
    [
      { ...base, clips: 30, top1: 1 },
      { ...base, clips: 10, top1: 0 },
    ],
    1,
  );
  expect(bin?.top1).toBe(0.75);
});

test('leaves out steps without a finite loss, and makes nothing of nothing', () => {
  expect(binSteps([{ ...steps[0]!, loss: Number.NaN }], 10)).toEqual([]);
  expect(binSteps([], 10)).toEqual([]);
});
