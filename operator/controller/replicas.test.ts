/** A number of workers that is changed when it no longer has an effect, one look after the other. */
import { describe, expect, test } from '@jest/globals';
import {
  after,
  conditionOf,
  type ObservationChange,
  observation,
  progressNow,
  RUNNING,
} from '../../test/support/run/observations.ts';
import type { Decision } from './decision.ts';
import { decide } from './decide.ts';

/** Looks again and again, with another number asked for at each look. */
function looks(replicas: readonly number[], change: ObservationChange = {}): readonly Decision[] {
  let look = observation({ status: { progress: progressNow() }, ...change });
  return replicas.map((asked) => {
    const { workers } = look.job.spec;
    const spec = { ...look.job.spec, workers: { ...workers, replicas: asked } };
    look = { ...look, job: { ...look.job, spec } };
    const decision = decide(look);
    look = after(look, decision);
    return decision;
  });
}

const ignored = (decision: Decision | undefined) =>
  decision === undefined ? undefined : conditionOf(decision, 'ReplicasIgnored');
const warnings = (decisions: readonly Decision[]) =>
  decisions.flatMap(({ events }) => events.filter(({ reason }) => reason === 'WorkersFixedByPlan'));

describe('another number of workers than training began with', () => {
  test('is called without effect, with both numbers, in a condition, the reason and one event', () => {
    const [before, first, again] = looks([1, 3, 3]);
    expect(ignored(before)).toBeUndefined();
    expect(ignored(first)).toMatchObject({ status: 'True', reason: 'WorkersFixedByPlan' });
    expect(ignored(first)?.message).toBe(
      'spec.workers.replicas is 3, but the job keeps 1 worker, with which its training began. ' +
        'Set replicas back to 1, or give a new job the other number',
    );
    expect(first?.status).toMatchObject({
      state: 'Running',
      replicas: 1,
      directive: { workers: 1 },
      reason: 'WorkersFixedByPlan',
    });
    expect(first?.workers).toBe('keep');
    expect(again?.status).toEqual(first?.status);
    expect(warnings([first, again].flatMap((one) => one ?? []))).toHaveLength(1);
  });

  test('that is changed again changes what is said and sends no event', () => {
    const decisions = looks([3, 5, 4]);
    expect(warnings(decisions)).toHaveLength(1);
    expect(ignored(decisions.at(-1))?.message).toContain('replicas is 4');
    expect(ignored(decisions.at(-1))?.lastTransitionTime).toBe(ignored(decisions[0])?.lastTransitionTime);
  });

  test('is over when the number is set back, and is told anew when it comes again', () => {
    const decisions = looks([3, 1, 3]);
    expect(ignored(decisions[1])).toMatchObject({ status: 'False', reason: 'ReplicasAsPlanned' });
    expect(decisions[1]?.status.reason).toBe('WorkersReady');
    expect(warnings(decisions)).toHaveLength(2);
  });

  test('has no effect on a suspended job either', () => {
    const [decision] = looks([3], { workers: { state: 'absent' }, spec: { suspend: true } });
    expect(ignored(decision)).toMatchObject({ status: 'True' });
    expect(decision?.status.reason).toBe('SuspendRequested');
  });
});

test('a job without a plan takes the number that is asked for, unless its workers are there already', () => {
  const planned = (workers: ObservationChange['workers'] & object) => {
    const clips = { kind: 'known', clips: 1200 } as const;
    const look = observation({ workers, clips, spec: { workers: { replicas: 2 } } });
    return decide({ ...look, job: { ...look.job, status: {} } });
  };
  const absent = planned({ state: 'absent' });
  expect(absent.status.directive?.workers).toBe(2);
  expect(ignored(absent)).toBeUndefined();
  // They came up to count their clips before the number was changed.
  const counting = planned(RUNNING);
  expect(counting.status.directive?.workers).toBe(1);
  expect(ignored(counting)).toMatchObject({ status: 'True' });
});

test('workers that came up to count are told of all their processes', () => {
  const clips = { kind: 'known', clips: 1200 } as const;
  const spec = { workers: { replicas: 2, processesPerWorker: 4 } };
  const look = observation({ workers: { ...RUNNING, replicas: 2 }, clips, spec });
  const decision = decide({ ...look, job: { ...look.job, status: {} } });
  expect(conditionOf(decision, 'PlanReady')).toMatchObject({ status: 'True' });
  expect(decision.status.directive?.workers).toBe(8);
  expect(ignored(decision)).toBeUndefined();
});

test('workers that came up to count, and are more than the clips of a step, are told so and end', () => {
  const clips = { kind: 'known', clips: 1200 } as const;
  const look = observation({ workers: { ...RUNNING, replicas: 9 }, clips });
  const decision = decide({ ...look, job: { ...look.job, status: {} } });
  expect(conditionOf(decision, 'PlanReady')).toMatchObject({ status: 'False', reason: 'InvalidPlan' });
  expect(conditionOf(decision, 'PlanReady')?.message).toContain(
    'a batch of 8 clips is smaller than the 9 workers',
  );
  expect(decision.workers).toBe('checkpoint');
});
