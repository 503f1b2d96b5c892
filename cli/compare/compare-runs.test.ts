import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import { comparisonRows } from './compare-rows.ts';
import { compareRuns, spreadOf, summarizePairs } from './compare-runs.ts';
import { accuracyCurve, figuresOf, secondsToStayAt } from './run-figures.ts';

const baseline = sampleBaseline();
const multigrid = sampleRun();

/** A curve with one evaluation every 10 s. */
function curve(...top1: number[]): { readonly seconds: number; readonly score: number }[] {
  return top1.map((value, i) => ({ seconds: (i + 1) * 10, score: value }));
}

describe('secondsToStayAt', () => {
  test.each([
    ['counts from where it stays, not from where it first touches', curve(0.9, 0.5, 0.9, 0.95), 30],
    ['takes equal for reached', curve(0.1, 0.8), 20],
    ['is the first evaluation when it is there at once', curve(0.9, 0.9), 10],
    ['is nothing when the last evaluation falls back', curve(0.9, 0.9, 0.7), null],
    ['is nothing when it is never reached', curve(0.1, 0.2), null],
    ['is nothing without evaluations', [], null],
  ])('%s', (_name, points, seconds) => {
    expect(secondsToStayAt(0.8, points)).toBe(seconds);
  });

  test('names a moment after which the run is never below, and right before which it is', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (values) => {
        const points = curve(...values);
        const seconds = secondsToStayAt(0.5, points);
        const at = points.findIndex((point) => point.seconds === seconds);
        expect(at === -1).toBe((values.at(-1) ?? 0) < 0.5);
        if (at !== -1) {
          expect(values.slice(at).every((value) => value >= 0.5)).toBe(true);
          expect(at === 0 || values[at - 1]! < 0.5).toBe(true);
        }
      }),
    );
  });
});

describe('accuracyCurve', () => {
  test('takes the full shape alone, and time without any evaluation', () => {
    const points = accuracyCurve(multigrid.events);
    const full = multigrid.events.filter((event) => event.kind === 'evaluation' && event.at === 'full');
    expect(points).toHaveLength(full.length);
    const steps = multigrid.events.filter((event) => event.kind === 'step');
    const stepSeconds = steps.reduce((sum, step) => sum + step.stepMs / 1000, 0);
    expect(points.at(-1)!.seconds).toBeCloseTo(stepSeconds, 6);
  });
});

describe('compareRuns', () => {
  test('adds up frame-pixels and leaves evaluations out of the training time', () => {
    const figures = figuresOf(baseline);
    const perStep = 8 * 16 * 64 ** 2;
    expect(figures.framePixels).toBe(perStep * figures.iterations);
    expect(figures.trainingSeconds).toBeCloseTo(figures.stepSeconds, 6);
    expect(figures.wallClockSeconds).toBeGreaterThan(figures.trainingSeconds);
  });

  test('measures both runs against the final accuracy of the baseline', () => {
    const pair = compareRuns(baseline, multigrid);
    expect(pair.target).toBe(baseline.result.centreTop1);
    expect(pair.baseline.secondsToTarget).toBeGreaterThan(pair.multigrid.secondsToTarget!);
    expect(pair.ratios.toTarget).toBeCloseTo(
      pair.baseline.secondsToTarget! / pair.multigrid.secondsToTarget!,
      9,
    );
    expect(pair.ratios.iterations).toBeCloseTo(3000 / multigrid.plan.totals.iterations, 9);
  });

  test('has no time to the target for a run that never stays there', () => {
    const poor = {
      ...multigrid,
      events: multigrid.events.map((event) =>
        event.kind === 'evaluation' ? { ...event, top1: event.top1 / 2 } : event,
      ),
    };
    const pair = compareRuns(baseline, poor);
    expect(pair.multigrid.secondsToTarget).toBeNull();
    expect(pair.ratios.toTarget).toBeNull();
    expect(pair.ratios.training).toBeGreaterThan(1);
  });

  test('goes by mean average precision where videos have several classes', () => {
    const withPrecision = (run: typeof baseline): typeof baseline => ({
      ...run,
      events: run.events.map((event) =>
        event.kind === 'evaluation' ? { ...event, top1: 0.5, mAP: event.top1 } : event,
      ),
      result: { ...run.result, top1: 0.5, mAP: run.result.top1, centreMAP: run.result.centreTop1 },
    });
    const pair = compareRuns(withPrecision(baseline), withPrecision(multigrid));
    const plain = compareRuns(baseline, multigrid);
    expect(pair).toMatchObject({ measure: 'mAP', target: plain.target, ratios: plain.ratios });
    expect(comparisonRows(summarizePairs([pair])).slice(0, 2)).toMatchObject([
      { what: 'mAP, test, all views' },
      { what: 'mAP, centre clip' },
    ]);
  });

  test('finds a run equal to itself', () => {
    expect(Object.values(compareRuns(baseline, baseline).ratios)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('summarizePairs', () => {
  test('gives mean and sample standard deviation over the seeds', () => {
    const pairs = [1, 2, 3].map((seed) => compareRuns(sampleBaseline(seed), sampleRun(seed)));
    const { summary } = summarizePairs(pairs);
    const values = pairs.map((pair) => pair.ratios.training);
    const mean = values.reduce((sum, value) => sum + value, 0) / 3;
    expect(summary.ratios.training?.mean).toBeCloseTo(mean, 12);
    expect(summary.ratios.training?.sd).toBeGreaterThan(0);
    expect(summary.ratios.iterations?.sd).toBe(0);
  });

  test.each([
    ['no spread for one seed', [4], { mean: 4, sd: null }],
    ['mean 3 and deviation 1 for 2, 3 and 4', [2, 3, 4], { mean: 3, sd: 1 }],
    ['no mean when one seed has no value, which would flatter', [2, null], null],
    ['no mean of nothing', [], null],
  ])('has %s', (_name, values, spread) => {
    expect(spreadOf(values)).toEqual(spread);
  });
});
