import { describe, expect, test } from '@jest/globals';
import { makePlan, makeProgress } from '../../test/support/run/jobs.ts';
import { stateOf } from './state.ts';
import { formatDuration, summarize } from './summary.ts';

const plan = makePlan(3);
const progress = makeProgress({
  phase: 1,
  epoch: 1.34,
  percent: 44.9,
  etaSeconds: 3725,
  learningRate: 0.123456,
  clipsPerSecond: 212.34,
  metrics: [
    { name: 'top1AtPhaseShape', value: 0.31 },
    { name: 'top1', value: 0.8731 },
  ],
  lastCheckpoint: { path: 'checkpoints/000010', iteration: 10, epoch: 1 },
});

describe('the summary', () => {
  test('says in the words of the printer columns how the job stands', () => {
    expect(summarize({ plan }, progress)).toEqual({
      phase: '2/3',
      shape: '2x8x64',
      batch: '16',
      epoch: '1.3/3',
      progress: '44%',
      eta: '1h 2m',
      metric: 'top1 0.873',
      learningRate: '0.123',
      clipsPerSecond: '212',
      checkpoint: 'checkpoints/000010',
    });
  });

  test('stays as it is while only the speed and the time left move', () => {
    const summary = summarize({ plan }, progress);
    const moved = { ...progress, clipsPerSecond: 150, etaSeconds: 3000, iteration: 17 };
    expect(summary === null ? null : summarize({ plan, summary }, moved)).toBe(summary);
    const grown = summary === null ? null : summarize({ plan, summary }, { ...moved, percent: 45 });
    expect(grown).toMatchObject({ progress: '45%', clipsPerSecond: '150', eta: '50m 0s' });
  });

  test('is not there while there is nothing to say, and tells the reason before there is a plan', () => {
    expect(summarize({}, undefined)).toBeNull();
    const condition = {
      type: 'PlanReady',
      status: 'False',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'InvalidPlan',
      message: 'phase 1: …',
    } as const;
    expect(summarize({ conditions: [condition] }, undefined)).toEqual({ reason: 'InvalidPlan' });
    expect(stateOf([condition])).toBe('Pending');
  });
});

test.each([
  [0, '0s'],
  [42.4, '42s'],
  [310, '5m 10s'],
  [8040, '2h 14m'],
  [273_600, '3d 4h'],
  [-5, '0s'],
])('%d seconds are written %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
