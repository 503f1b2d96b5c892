import { describe, expect, test } from '@jest/globals';
import { makePlan, makeProgress } from '../test/support/run/jobs.ts';
import { formatDuration, summarizeProgress } from './progress-summary.ts';

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
});

describe('the summary', () => {
  test('says in the words of the printer columns how the job stands', () => {
    expect(summarizeProgress(plan, progress)).toEqual({
      phase: '2/3',
      shape: '2x8x64',
      batch: '16',
      epoch: '1/3',
      progress: '44%',
      eta: '1h 2m',
      metric: 'top1 0.873',
      learningRate: '0.123',
      clipsPerSecond: '212',
    });
  });

  test('leaves out what there is none of', () => {
    const nowhere = { ...progress, phase: 3, metrics: [] };
    expect(Object.keys(summarizeProgress(plan, nowhere))).toEqual([
      'phase',
      'epoch',
      'progress',
      'eta',
      'learningRate',
      'clipsPerSecond',
    ]);
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
