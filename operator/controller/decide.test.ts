import { describe, expect, test } from '@jest/globals';
import { LIFE } from '../../multigrid/contract/timings.ts';
import {
  ABSENT,
  after,
  conditionOf,
  conditionsInWords,
  decided,
  directive,
  ended,
  NOW_MS,
  observation,
  progressNow,
  RUNNING,
  SINCE_MS,
  STARTING,
} from '../../test/support/run/observations.ts';
import { decide } from './decide.ts';

describe('a job without a plan', () => {
  const withoutPlan = (clips: number, spec = {}) => {
    const look = observation({ workers: ABSENT, clips: { kind: 'known', clips }, spec });
    return decide({ ...look, job: { ...look.job, status: {} } });
  };

  test('gets its plan, the directive of the first phase and its workers in one look', () => {
    const decision = withoutPlan(1200);
    expect(decision.status.plan?.phases.length).toBeGreaterThan(3);
    expect(decision.status.directive).toMatchObject({
      generation: 1,
      phase: 0,
      planHash: decision.status.plan?.hash,
    });
    expect(conditionsInWords(decision)).toEqual(['PlanReady=True PlanComputed', 'Running=False Starting']);
    expect(decision.workers).toBe('start');
    expect(decision.status).toMatchObject({
      observedGeneration: 3,
      startTime: new Date(NOW_MS).toISOString(),
    });
  });

  test('whose plan must not be run starts nothing and says which phase and which numbers', () => {
    const decision = withoutPlan(4);
    expect(decision.workers).toBe('keep');
    expect(decision.status.plan).toBeUndefined();
    expect(conditionOf(decision, 'PlanReady')).toMatchObject({ status: 'False', reason: 'InvalidPlan' });
    expect(conditionOf(decision, 'PlanReady')?.message).toMatch(/\d/);
  });

  test('whose data cannot be read starts nothing, says why, and looks again', () => {
    const look = observation({
      workers: ABSENT,
      clips: {
        kind: 'unknown',
        reason: 'DataUnreadable',
        message: 'train.csv: no such file',
        retryAfterMs: 5000,
      },
    });
    const decision = decide({ ...look, job: { ...look.job, status: {} } });
    expect(decision.workers).toBe('keep');
    expect(conditionOf(decision, 'PlanReady')).toMatchObject({
      status: 'False',
      reason: 'DataUnreadable',
      message: 'train.csv: no such file',
    });
    expect(decision.requeueAfterMs).toBeGreaterThan(0);
  });
});

describe('workers that run', () => {
  test('that wait for a folder in use are stalled for that reason, at once and with one event, and count no failure', () => {
    const trouble = { reason: 'OutputInUse', message: 'in use by process 7 on other-0 of job team-b/train' };
    const waiting = { status: { progress: progressNow({ state: 'Preparing', iteration: 0, trouble }) } };
    const first = decided(waiting);
    expect(conditionOf(first, 'Running')).toMatchObject({ status: 'False', ...trouble });
    expect(conditionOf(first, 'Stalled')).toMatchObject({ status: 'True', ...trouble });
    expect(first).toMatchObject({ workers: 'keep', events: [{ type: 'Warning', ...trouble }] });
    expect(first.status.restarts ?? 0).toBe(0);
    const second = decide(after(observation(waiting), first, { nowMs: NOW_MS + 20_000 }));
    expect(conditionOf(second, 'Stalled')).toMatchObject({ status: 'True', ...trouble });
    expect(second.events).toEqual([]);
    const late = decided({ ...waiting, leftMs: 0 });
    expect(conditionOf(late, 'Failed')?.message).toContain(`(1800 s): OutputInUse: ${trouble.message}`);
  });

  test('that train and wait for something go on running, and are well again without it', () => {
    const trouble = { reason: 'StorageUnavailable', message: 'reading a.mp4 fails' };
    const waiting = observation({ status: { progress: progressNow({ trouble }) } });
    const first = decide(waiting);
    expect(conditionOf(first, 'Running')).toMatchObject({ status: 'True', ...trouble });
    expect(conditionOf(first, 'Stalled')).toMatchObject({ status: 'True', ...trouble });
    const later = after(waiting, first, {});
    const well = { ...later.job.status, progress: progressNow() };
    const second = decide({ ...later, job: { ...later.job, status: well } });
    expect(conditionOf(second, 'Running')).toMatchObject({ status: 'True', reason: 'WorkersReady' });
    expect(conditionOf(second, 'Stalled')).toMatchObject({ status: 'False' });
  });

  test.each<[string, Parameters<typeof progressNow>[0], number, [number, number]]>([
    ['trains in the phase of its directive', {}, 1, [1, 1]],
    ['waits at the end of its phase', { phase: 1, state: 'Waiting' }, 1, [2, 2]],
    [
      'waits with an older generation at the end of the phase',
      { phase: 1, state: 'Waiting', generation: 1 },
      2,
      [3, 2],
    ],
    ['has not taken the new directive yet', { phase: 0, state: 'Waiting', generation: 1 }, 2, [2, 1]],
    ['went on alone to the next phase', { phase: 2, unattended: true }, 1, [2, 2]],
    ['went on alone and waits again', { phase: 2, state: 'Waiting', unattended: true }, 1, [2, 2]],
    ['came up from a checkpoint of an earlier phase', { phase: 0, generation: 0, iteration: 7 }, 4, [5, 0]],
    [
      'has not looked for its checkpoint yet',
      { phase: 0, generation: 0, iteration: 0, state: 'Preparing' },
      4,
      [4, 1],
    ],
    ['is at the end of the last phase', { phase: 2, state: 'Waiting', generation: 9 }, 9, [10, 2]],
  ])('are led right when the trainer %s', (_how, change, generation, [nextGeneration, nextPhase]) => {
    const decision = decided({
      status: {
        directive: directive(generation, 1),
        progress: progressNow({ generation, phase: 1, ...change }),
      },
    });
    expect(decision.status.directive).toEqual(directive(nextGeneration, nextPhase));
    expect(decision.workers).toBe('keep');
  });

  test('are not led by what workers before them said', () => {
    const stale = progressNow({
      phase: 0,
      state: 'Waiting',
      heartbeat: new Date(SINCE_MS - 1).toISOString(),
    });
    const decision = decided({ status: { progress: stale } });
    expect(decision.status.directive).toEqual(directive(1, 0));
    expect(conditionOf(decision, 'Running')).toMatchObject({ status: 'False', reason: 'Starting' });
  });

  test('change nothing when nothing has changed', () => {
    const first = observation({ status: { progress: progressNow() } });
    const decision = decide(first);
    const again = decide(after(first, decision, { nowMs: NOW_MS + 5000 }));
    expect(again.status).toEqual(decision.status);
    expect(again.events).toEqual([]);
  });

  test('show in conditions that a border is being crossed and when it is crossed', () => {
    const waiting = observation({ status: { progress: progressNow({ state: 'Waiting' }) } });
    const decision = decide(waiting);
    expect(conditionOf(decision, 'PhaseTransition')).toMatchObject({ status: 'True', reason: 'PhaseBorder' });
    expect(decision.status.state).toBe('PhaseTransition');
    expect(decision.events).toEqual([{ type: 'Normal', reason: 'PhaseAdvanced', message: 'phase 2 of 3' }]);

    const crossed = after(waiting, decision);
    const status = { ...crossed.job.status, progress: progressNow({ generation: 2, phase: 1 }) };
    const next = decide({ ...crossed, job: { ...crossed.job, status } });
    expect(conditionOf(next, 'PhaseTransition')).toMatchObject({ status: 'False', reason: 'PhaseRunning' });
    expect(next.status.state).toBe('Running');
  });

  test('are called bound by their data from a fifth of waiting on, until it is below a tenth', () => {
    const at = (dataWaitRatio: number, conditions = decided({}).status.conditions ?? []) =>
      decided({ status: { conditions, progress: progressNow({ dataWaitRatio }) } });
    expect(conditionOf(at(0.15), 'DataBound')).toBeUndefined();
    const bound = at(0.3);
    expect(conditionOf(bound, 'DataBound')).toMatchObject({ status: 'True', reason: 'WaitingForClips' });
    expect(conditionOf(at(0.15, bound.status.conditions), 'DataBound')?.status).toBe('True');
    expect(conditionOf(at(0.05, bound.status.conditions), 'DataBound')?.status).toBe('False');
  });
});

describe('the clocks', () => {
  const runPolicy = {
    preRunningDeadlineSeconds: 60,
    progressDeadlineSeconds: 30,
    activeDeadlineSeconds: 300,
  };

  test('end a job that does not come to its first step', () => {
    const preparing = progressNow({ state: 'Preparing' });
    const early = decided({ spec: { runPolicy }, status: { progress: preparing } });
    expect(early.requeueAfterMs).toBe(50_000);
    const late = decided({ spec: { runPolicy }, status: { progress: preparing }, nowMs: SINCE_MS + 60_000 });
    expect(conditionOf(late, 'Failed')).toMatchObject({
      status: 'True',
      reason: 'PreRunningDeadlineExceeded',
    });
    expect(late.workers).toBe('kill');
  });

  test('pass on why workers never came to run', () => {
    const decision = decided({
      spec: { runPolicy },
      workers: STARTING,
      nowMs: SINCE_MS + 61_000,
    });
    expect(conditionOf(decision, 'Failed')?.message).toContain('ImagePullFailed: no such image');
  });

  describe('that say again and again that they are there', () => {
    const spoke = (heartbeatMs: number, progressedMs: number) => ({
      progress: progressNow({
        heartbeat: new Date(heartbeatMs).toISOString(),
        progressedAt: new Date(progressedMs).toISOString(),
      }),
    });

    test('are Stalled as long as they wait for a disk, by their own word, and go on being led', () => {
      const trouble = { reason: 'StorageUnavailable', message: 'reading /data/v.mp4 fails: EIO' };
      const waiting = {
        ...spoke(SINCE_MS + 50_000, SINCE_MS),
        progress: { ...spoke(SINCE_MS + 50_000, SINCE_MS).progress, trouble },
      };
      const first = decide(observation({ status: waiting, nowMs: SINCE_MS + 51_000 }));
      expect(first.workers).toBe('keep');
      expect(conditionOf(first, 'Stalled')).toMatchObject({ status: 'True', ...trouble });
      expect(conditionOf(first, 'Running')).toMatchObject({ status: 'True' });
      expect(first.events).toMatchObject([{ type: 'Warning', reason: 'StorageUnavailable' }]);

      const later = decide(
        observation({ status: { ...first.status, ...waiting }, nowMs: SINCE_MS + 61_000 }),
      );
      expect(later.events).toEqual([]);
      expect(conditionOf(later, 'Stalled')).toEqual(conditionOf(first, 'Stalled'));

      const over = spoke(SINCE_MS + 62_000, SINCE_MS + 62_000);
      const well = decide(observation({ status: { ...first.status, ...over }, nowMs: SINCE_MS + 62_000 }));
      expect(conditionOf(well, 'Stalled')).toMatchObject({ status: 'False', reason: 'Progressing' });
    });

    test('are in trouble when they say nothing, which is told once and over with the next word', () => {
      const silent = observation({ status: spoke(SINCE_MS, SINCE_MS), nowMs: SINCE_MS + LIFE.silenceMs });
      const first = decide(silent);
      expect(first.workers).toBe('keep');
      expect(conditionOf(first, 'Stalled')).toMatchObject({ status: 'True', reason: 'TrainerSilent' });
      expect(conditionOf(first, 'Running')).toMatchObject({ status: 'Unknown', reason: 'TrainerSilent' });
      expect(first.events).toMatchObject([{ type: 'Warning', reason: 'TrainerSilent' }]);
      const second = decide(after(silent, first, { nowMs: SINCE_MS + 60_000 }));
      expect(second.status).toEqual(first.status);
      expect(second.events).toEqual([]);
      const heard = decided({
        status: { ...first.status, ...spoke(SINCE_MS + 61_000, SINCE_MS) },
        nowMs: SINCE_MS + 62_000,
      });
      expect(conditionOf(heard, 'Stalled')).toMatchObject({ status: 'False', reason: 'Progressing' });
      expect(conditionOf(heard, 'Running')).toMatchObject({ status: 'True', reason: 'WorkersReady' });
    });

    test('need no look for their silence: the platform tells of it', () => {
      const decision = decided({ status: spoke(NOW_MS - 5000, NOW_MS - 5000) });
      expect(decision.requeueAfterMs).toBe(895_000);
    });

    test('are well as long as they are heard, however old their report is', () => {
      const nowMs = SINCE_MS + 60_000;
      const decision = decided({ status: spoke(SINCE_MS, SINCE_MS), nowMs, unheardMs: 12_000 });
      expect(conditionOf(decision, 'Running')).toMatchObject({ status: 'True' });
      expect(conditionOf(decision, 'Stalled')).toBeUndefined();
    });

    test('are restarted all the same when they do not get on', () => {
      const spec = { runPolicy: { progressDeadlineSeconds: 900 } };
      const nowMs = SINCE_MS + 1_000_000;
      const hanging = decided({ spec, nowMs, status: spoke(nowMs - 1000, SINCE_MS + 99_000) });
      expect(hanging).toMatchObject({ workers: 'kill', status: { state: 'Stalled', restarts: 1 } });
      const busy = decided({ spec, nowMs, status: spoke(nowMs - 1000, SINCE_MS + 101_000) });
      expect(busy).toMatchObject({ workers: 'keep', status: { state: 'Running' } });
    });
  });

  test('restart a trainer that says nothing any more, and count it once', () => {
    const look = observation({
      spec: { runPolicy },
      status: { progress: progressNow() },
      nowMs: NOW_MS - 1000 + 30_000,
    });
    const decision = decide(look);
    expect(decision.workers).toBe('kill');
    expect(decision.status).toMatchObject({ restarts: 1, state: 'Stalled' });
    expect(conditionOf(decision, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'ProgressDeadlineExceeded',
    });

    const dying = decide(after(look, decision));
    expect(dying).toMatchObject({ workers: 'kill', status: { restarts: 1 } });
    const dead = after(look, decision, { workers: ended(137), nowMs: look.nowMs + 2000 });
    expect(decide(dead)).toMatchObject({ workers: 'start', status: { restarts: 1 } });
  });

  test('end a job that has run too long, counting only the time it ran', () => {
    const conditions = decided({ status: { progress: progressNow() } }).status.conditions ?? [];
    const at = (seconds: number) =>
      decided({
        spec: { runPolicy: { activeDeadlineSeconds: 300 } },
        status: { conditions, activeSeconds: 200, progress: progressNow() },
        nowMs: NOW_MS + seconds * 1000,
      });
    expect(conditionOf(at(99), 'Failed')).toBeUndefined();
    // A clock that was put back.
    const suspended = decided({
      ...{ spec: { suspend: true }, nowMs: NOW_MS - 86_400_000 },
      status: { conditions, activeSeconds: 200, progress: progressNow() },
    });
    expect(suspended.status.activeSeconds).toBe(200);
    expect(conditionOf(at(100), 'Failed')).toMatchObject({ status: 'True', reason: 'DeadlineExceeded' });
    expect(at(100)).toMatchObject({ workers: 'checkpoint', status: { activeSeconds: 300 } });
  });
});

describe('a job on hold', () => {
  test.each([
    ['its spec says so', { spec: { suspend: true } }, 'SuspendRequested'],
    ['the person stopped the run', { interruption: 'Ctrl-C' }, 'Interrupted'],
  ])('saves and stops when %s, and goes on when that is over', (_why, change, reason) => {
    const stopping = decided({ ...change, status: { progress: progressNow() } });
    expect(stopping.workers).toBe('checkpoint');
    expect(conditionOf(stopping, 'Running')).toMatchObject({ status: 'False', reason: 'Stopping' });

    const stopped = decided({
      ...change,
      workers: ended(143),
      status: { progress: progressNow({ state: 'Stopped' }) },
    });
    expect(stopped).toMatchObject({ workers: 'checkpoint', status: { state: 'Suspended' } });
    expect(stopped.status.lastFailure).toBeUndefined();
    expect(stopped.status.restarts).toBeUndefined();
    expect(conditionOf(stopped, 'Suspended')).toMatchObject({ status: 'True', reason });

    const resumed = decided({ workers: ABSENT, status: { conditions: stopped.status.conditions ?? [] } });
    expect(resumed.workers).toBe('start');
    expect(conditionOf(resumed, 'Suspended')).toMatchObject({ status: 'False', reason: 'Resumed' });
  });

  test('keeps on record that the workers could not save in order, without counting it', () => {
    const { status, events } = decided({
      interruption: 'Ctrl-C',
      workers: ended(1, 'error: disk'),
      status: { progress: progressNow() },
    });
    expect(status).toMatchObject({ state: 'Suspended', lastFailure: { exitCode: 1 } });
    expect(status.restarts).toBeUndefined();
    expect(events.map(({ reason }) => reason)).toEqual(['TrainerFailed', 'Interrupted']);
  });

  test('that reached its end while it was being stopped is complete', () => {
    const decision = decided({
      interruption: 'Ctrl-C',
      workers: ended(0),
      status: { progress: progressNow({ state: 'Finished' }) },
    });
    expect(decision.status.state).toBe('Complete');
  });
});

describe('a finished job', () => {
  test('is left alone, and workers that are still there end', () => {
    const done = decided({ workers: ended(0), status: { progress: progressNow({ state: 'Finished' }) } });
    const status = { conditions: done.status.conditions ?? [] };
    expect(decided({ status, workers: ABSENT }).workers).toBe('keep');
    expect(decided({ status, workers: ended(1) })).toMatchObject({
      workers: 'keep',
      status: { state: 'Complete' },
    });
    expect(decided({ status, workers: RUNNING }).workers).toBe('checkpoint');
  });
});

test('a job whose workers counted too few clips for its plan counts none of them when they are gone', () => {
  const look = observation({ workers: ABSENT, clips: { kind: 'known', clips: 4 } });
  const status = { replicas: 1, readyReplicas: 1 };
  expect(decide({ ...look, job: { ...look.job, status } }).status).toMatchObject({
    replicas: 0,
    readyReplicas: 0,
  });
});

test('every decision names a state and repeats the generation it was made on', () => {
  expect(decided({}).status).toMatchObject({
    observedGeneration: 3,
    state: 'Pending',
  });
});
