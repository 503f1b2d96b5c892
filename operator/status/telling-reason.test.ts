import { expect, test } from '@jest/globals';
import type { Condition } from '../../multigrid/object/job-object.ts';
import { tellingReason } from './telling-reason.ts';
import { stateOf } from './state.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: reason,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

test('there is no reason while there is no condition', () => {
  expect(tellingReason({})).toBeNull();
});

test('a plan that must not run is the reason before there are workers', () => {
  const conditions = [condition('PlanReady', 'False', 'InvalidPlan')];
  expect(tellingReason({ conditions })).toBe('InvalidPlan');
  expect(stateOf(conditions)).toBe('Pending');
});

test('trouble tells more than that the workers run', () => {
  const running = condition('Running', 'True', 'WorkersReady');
  expect(tellingReason({ conditions: [running] })).toBe('WorkersReady');
  const stalled = condition('Stalled', 'True', 'TrainerSilent');
  expect(tellingReason({ conditions: [running, stalled] })).toBe('TrainerSilent');
  expect(tellingReason({ conditions: [running, { ...stalled, status: 'False' }] })).toBe('WorkersReady');
});
