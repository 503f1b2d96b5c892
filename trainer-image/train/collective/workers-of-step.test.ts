import { expect, test } from '@jest/globals';
import { workersOfStep } from './workers-of-step.ts';

const measured = (dataWaitMs: number, computeMs: number): { dataWaitMs: number; computeMs: number } => ({
  dataWaitMs,
  computeMs,
});

test('the slowest worker of a step is named, and what the others waited for it', () => {
  expect(workersOfStep([measured(1, 100), measured(20, 150.04), measured(0, 101)])).toEqual({
    count: 3,
    slowest: 1,
    longestWaitMs: 69,
    dataWaitMs: [1, 20, 0],
    waitMs: [69, 0, 69],
  });
});

test('one worker waits for nobody', () => {
  expect(workersOfStep([measured(1, 100)])).toBeUndefined();
});

test('many workers are not listed one by one', () => {
  const many = Array.from({ length: 128 }, (_, rank) => measured(0, rank));
  expect(workersOfStep(many)).toEqual({ count: 128, slowest: 127, longestWaitMs: 127 });
});
