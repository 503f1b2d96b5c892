/** A pod that goes on after its trainer has ended, and a Job whose pod never comes. */
import { describe, expect, test } from '@jest/globals';
import { at, job, pod, ended, condition, look } from '../../../../test/support/cluster/kept-workers.ts';
import { workersOf } from './workers-of.ts';

describe('a trainer beside which another container runs', () => {
  const proxy = { name: 'proxy', state: { running: { startedAt: at(2) } } };
  const beside = (exitCode: number, reason = 'Error', finished = 5): object => {
    const terminated = {
      ...{ exitCode, reason, message: 'last words' },
      ...{ startedAt: at(2), finishedAt: at(finished) },
    };
    return { containerStatuses: [proxy, { name: 'trainer', state: { terminated } }] };
  };

  test.each([
    [0, 'Completed'],
    [65, 'Error'],
    [70, 'Error'],
    [137, 'OOMKilled'],
  ])('has ended with its own end (%i %s), not with its pod', (exitCode, reason) => {
    expect(look([pod({ status: beside(exitCode, reason) })])).toMatchObject({
      state: 'ended',
      exitCode,
      isLingering: true,
      next: { reason: 'Stopping', message: expect.stringContaining('proxy in pod first-0-aaaaa') },
    });
  });

  test('and that was killed is judged when the cluster has said why, or has had the time to', () => {
    const killed = pod({ status: beside(143, 'Error', 3590) });
    expect(look([killed])).toMatchObject({ state: 'running' });
    const evicted = pod({
      status: {
        ...ended(143),
        reason: 'Evicted',
        ...condition('DisruptionTarget', 'True', 'TerminationByKubelet'),
      },
    });
    expect(look([evicted])).toMatchObject({ state: 'ended', cause: { reason: 'Evicted' } });
    const longAgo = pod({ status: beside(143, 'Error', 3400) });
    expect(look([longAgo])).toMatchObject({ state: 'ended', exitCode: 143, cause: null });
  });

  test('is ended again and again until its pod is on its way out, though it is on record', () => {
    const recorded = { pod: 'first-0-aaaaa', time: at(5) };
    expect(look([pod({ status: beside(70) })], { recorded })).toMatchObject({
      state: 'ended',
      id: 'first-0-aaaaa',
      isLingering: true,
    });
    const going = pod({ metadata: { deletionTimestamp: at(6) }, status: beside(70) });
    expect(look([going], { recorded })).toMatchObject({ state: 'running', isStopping: true });
  });

  test('is replaced when the last of its pod has ended, ten seconds after that', () => {
    const terminated = { exitCode: 137, reason: 'Error', startedAt: at(2), finishedAt: at(8) };
    const own = { exitCode: 70, reason: 'Error', startedAt: at(2), finishedAt: at(5) };
    const containerStatuses = [
      { name: 'proxy', state: { terminated } },
      { name: 'trainer', state: { terminated: own } },
    ];
    const recorded = { pod: 'first-0-aaaaa', time: at(5) };
    expect(look([pod({ status: { phase: 'Failed', containerStatuses } })], { recorded })).toMatchObject({
      sinceMs: Date.parse(at(18)),
    });
  });
});

describe('a Job without a pod', () => {
  const MINUTE = 60;
  const lookAt = (minutes: number, of = job()) =>
    workersOf(
      { job: of, pods: [], warningsAbout: () => [], specHash: null },
      undefined,
      Date.parse(at(0)) + minutes * MINUTE * 1000,
    );

  test('is overdue when its controller has had longer than it can take, each time anew', () => {
    expect(lookAt(5)).toMatchObject({ state: 'starting', isOverdue: false });
    expect(lookAt(6)).toMatchObject({ state: 'starting', isOverdue: true });
    const reminded = job({
      metadata: { annotations: { 'training.multigrid.dev/reminded': at(6 * MINUTE) } },
    });
    expect(lookAt(11, reminded)).toMatchObject({ isOverdue: false });
    expect(lookAt(12, reminded)).toMatchObject({ isOverdue: true });
  });

  test('that is held is not', () => {
    expect(lookAt(60, job({ spec: { suspend: true } }))).toMatchObject({ isHeld: true, isOverdue: false });
  });
});
