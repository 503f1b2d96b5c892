import { describe, expect, test } from '@jest/globals';
import {
  after,
  conditionOf,
  decided,
  ended,
  NOW_MS,
  observation,
  progressNow,
} from '../../test/support/run/observations.ts';
import { decide } from './decide.ts';

const ENDED_MS = NOW_MS - 1000;

describe('workers that ended', () => {
  test.each<[string, number, Parameters<typeof progressNow>[0], string, string]>([
    ['finished', 0, { state: 'Finished' }, 'Complete', 'TrainingFinished'],
    ['finished and then crashed on the way out', 139, { state: 'Finished' }, 'Complete', 'TrainingFinished'],
    [
      'finished by a clock that is an hour ahead of the one that tells of its end',
      0,
      { state: 'Finished', heartbeat: new Date(NOW_MS + 3_600_000).toISOString() },
      'Complete',
      'TrainingFinished',
    ],
    ['found fault with the data', 65, {}, 'Failed', 'TrainerFailed'],
    ['found fault with the manifest', 64, {}, 'Failed', 'TrainerFailed'],
    [
      'said that another try is of no use',
      70,
      { state: 'Failed', failure: { reason: 'LossNotFinite', message: 'the loss is NaN', retryable: false } },
      'Failed',
      'LossNotFinite',
    ],
    ['crashed', 139, {}, 'Restarting', 'TrainerFailed'],
    ['was killed', 137, {}, 'Restarting', 'TrainerFailed'],
    ['asked for another try', 75, {}, 'Restarting', 'TrainerFailed'],
    ['had a fault of its own', 70, {}, 'Restarting', 'TrainerFailed'],
    ['ended without being done', 0, {}, 'Restarting', 'TrainerFailed'],
    [
      'said that another try may help',
      70,
      { state: 'Failed', failure: { reason: 'OutOfMemory', message: 'no memory', retryable: true } },
      'Restarting',
      'OutOfMemory',
    ],
    ['was asked to end from outside', 143, { state: 'Stopped' }, 'Restarting', 'Disrupted'],
  ])('because the trainer %s are judged right', (_how, exitCode, progress, type, reason) => {
    const status = { progress: progressNow(progress) };
    const decision = decided({ workers: ended(exitCode), status, nowMs: ENDED_MS });
    expect(conditionOf(decision, type)).toMatchObject({ status: 'True', reason });
    expect(decision.status.state).toBe(type);
    expect(decision.workers).not.toBe('start');
  });

  describe('where the cluster replaces them', () => {
    const next = { reason: 'BackingOff', message: 'the Job controller creates the next pod at noon' };
    const gone = { ...ended(1), next };

    test("are not started by us, and what is said of their next start is the cluster's", () => {
      const look = observation({ workers: gone, status: { progress: progressNow() } });
      const decision = decide(look);
      expect(decision).toMatchObject({ workers: 'keep', status: { restarts: 1 } });
      expect(conditionOf(decision, 'Running')).toMatchObject({ status: 'False', ...next });
      expect(decide(after(look, decision, { nowMs: NOW_MS + 60_000 })).workers).toBe('keep');
    });

    test('and others run on beside them, are counted at once and their pod is ended', () => {
      const lingering = { ...gone, isLingering: true };
      const look = observation({ workers: lingering, status: { progress: progressNow() } });
      const decision = decide(look);
      expect(decision).toMatchObject({ workers: 'kill', status: { restarts: 1 } });
      // And again, should the first try have been lost.
      expect(decide(after(look, decision))).toMatchObject({ workers: 'kill', status: { restarts: 1 } });
    });

    test('and others run on beside them, are complete at once and their pod is ended', () => {
      const lingering = { ...ended(0), next, isLingering: true };
      const look = observation({
        workers: lingering,
        status: { progress: progressNow({ state: 'Finished' }) },
      });
      const decision = decide(look);
      expect(decision).toMatchObject({ workers: 'checkpoint', status: { state: 'Complete' } });
      expect(decide(after(look, decision)).workers).toBe('checkpoint');
      expect(decide(after(look, decision, { workers: { ...lingering, isLingering: false } })).workers).toBe(
        'keep',
      );
    });
  });

  test('leave the end of the log in the status', () => {
    const { status } = decided({
      workers: ended(1, 'error: no such file'),
      status: { progress: progressNow() },
    });
    expect(status.lastFailure).toEqual({
      pod: 'trainer-1',
      container: 'trainer',
      exitCode: 1,
      reason: 'TrainerFailed',
      message: 'the trainer exited with code 1\nerror: no such file',
      time: new Date(ENDED_MS).toISOString(),
    });
  });

  test('are counted once and started again after a delay that doubles', () => {
    for (const [restarts, delayMs] of [
      [0, 1000],
      [1, 2000],
      [2, 4000],
    ] as const) {
      const retries = { failures: restarts, disruptions: 0, savedIteration: 0 };
      const look = observation({
        workers: ended(1),
        status: { restarts, retries, progress: progressNow() },
        nowMs: ENDED_MS,
      });
      const decision = decide(look);
      expect(decision).toMatchObject({
        workers: 'keep',
        requeueAfterMs: delayMs,
        status: { restarts: restarts + 1 },
      });
      const early = decide(after(look, decision, { nowMs: ENDED_MS + delayMs - 1 }));
      expect(early).toMatchObject({ workers: 'keep', requeueAfterMs: 1, status: { restarts: restarts + 1 } });
      const due = decide(after(look, decision, { nowMs: ENDED_MS + delayMs }));
      expect(due).toMatchObject({ workers: 'start', status: { restarts: restarts + 1 } });
    }
  });

  test('are started again at once when the clock was put back after the failure', () => {
    const look = observation({ workers: ended(1), status: { progress: progressNow() }, nowMs: ENDED_MS });
    const dayBefore = { workers: { state: 'absent' }, nowMs: ENDED_MS - 86_400_000 } as const;
    expect(decide(after(look, decide(look), dayBefore))).toMatchObject({ workers: 'start' });
  });

  test('give the job up when there are more failures than backoffLimit', () => {
    const at = (failures: number) =>
      decided({
        spec: { runPolicy: { backoffLimit: 2 } },
        workers: ended(1),
        status: {
          restarts: 10,
          retries: { failures, disruptions: 0, savedIteration: 0 },
          progress: progressNow(),
        },
      });
    expect(at(1).status).toMatchObject({ restarts: 11, retries: { failures: 2 }, state: 'Restarting' });
    expect(at(2).status.state).toBe('Failed');
    expect(conditionOf(at(2), 'Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message:
        'failed 3 times in a row without progress (backoffLimit is 2); last: the trainer exited with code 1',
    });
  });

  test('by the cluster are started again without being counted', () => {
    const cause = { kind: 'disruption', reason: 'Preempted', message: 'made room' } as const;
    const look = observation({
      workers: ended(143, '', cause),
      status: { progress: progressNow({ state: 'Stopped' }) },
    });
    const decision = decide(look);
    expect(decision.status.restarts).toBeUndefined();
    expect(decide(after(look, decision, { nowMs: NOW_MS + 5000 })).workers).toBe('start');
  });

  test('and came again are no longer restarting once they train', () => {
    const look = observation({ workers: ended(1), status: { progress: progressNow() } });
    const restarting = decide(look).status.conditions ?? [];
    const preparing = decided({
      status: { conditions: restarting, progress: progressNow({ state: 'Preparing' }) },
    });
    expect(conditionOf(preparing, 'Restarting')?.status).toBe('True');
    const training = decided({ status: { conditions: restarting, progress: progressNow() } });
    expect(conditionOf(training, 'Restarting')).toMatchObject({ status: 'False', reason: 'Restarted' });
    expect(training.status.state).toBe('Running');
  });
});
