import { expect, test } from '@jest/globals';
import { sampleRun } from '../../test/support/sample-run.ts';
import { summarizePhases, summarizeRun, UnfinishedRunError } from './run-summary.ts';

const { plan, events, result } = sampleRun();
const facts = { name: 'n', model: 'm', seed: 3, confusion: [] };

test('adds the phases up to the whole run', () => {
  expect(result.phases).toHaveLength(plan.phases.length);
  expect(result.phases.reduce((sum, phase) => sum + phase.seconds, 0)).toBeCloseTo(result.stepSeconds, 6);
  expect(result.clips / result.stepSeconds).toBeCloseTo(result.clipsPerSecond, 6);
  expect(result.iterations).toBe(plan.totals.iterations);
});

test('takes accuracy from the last evaluations, and leaves the final test out of the training time', () => {
  const last = (at: string) =>
    events.filter((event) => event.kind === 'evaluation').findLast((e) => e.at === at)!;
  expect(result.top1).toBe(last('test').top1);
  expect(result.centreTop1).toBe(last('full').top1);
  expect(result.seconds).toBe(last('full').seconds);
  expect(result.seconds).toBeLessThan(last('test').seconds);
});

test('gives each phase the accuracy at its end, and none where it was not evaluated there', () => {
  expect(result.phases.at(-1)?.top1).toBe(result.centreTop1);
  const silent = events.filter((event) => event.kind !== 'evaluation' || event.at !== 'full');
  expect(summarizePhases(plan.phases, silent).map((phase) => phase.top1)).toEqual(
    plan.phases.map(() => null),
  );
});

test('lists only phases that have begun', () => {
  const first = events.filter((event) => event.kind === 'step' && event.phase === 0);
  expect(summarizePhases(plan.phases, first).map((phase) => phase.index)).toEqual([0]);
  expect(summarizePhases(plan.phases, [])).toEqual([]);
});

test('will not call a run finished before its final test', () => {
  const untested = events.filter((event) => event.kind !== 'evaluation' || event.at !== 'test');
  expect(() => summarizeRun(plan, untested, facts)).toThrow(UnfinishedRunError);
  expect(() => summarizeRun(plan, untested, facts)).toThrow(/no 'test' evaluation/);
});
