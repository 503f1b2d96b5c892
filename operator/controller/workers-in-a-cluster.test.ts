/** What follows from workers that are refused, stuck, out of reach, outdated or disrupted, and from the end of a job. */
import { describe, expect, test } from '@jest/globals';
import { LIFE } from '../../multigrid/contract/timings.ts';
import {
  conditionOf,
  conditionsInWords,
  decided,
  ended,
  NOW_MS,
  observation,
  progressNow,
  RUNNING,
  SINCE_MS,
  STARTING,
} from '../../test/support/run/observations.ts';
import type { Workers } from '../platform/platform.ts';
import { decide } from './decide.ts';

const REFUSED: Workers = {
  state: 'refused',
  id: 'first',
  sinceMs: SINCE_MS,
  retryAtMs: NOW_MS + 5000,
  reason: 'QuotaExceeded',
  message: 'exceeded quota',
};
const SHORT = { runPolicy: { preRunningDeadlineSeconds: 5, progressDeadlineSeconds: 60 } };

describe('workers that are refused', () => {
  test('show the reason at once and are asked for again when it makes sense', () => {
    const early = decided({ workers: REFUSED });
    expect(conditionsInWords(early)).toEqual(['Running=False QuotaExceeded', 'Stalled=True QuotaExceeded']);
    expect(early).toMatchObject({ workers: 'keep', requeueAfterMs: 5000, status: { state: 'Stalled' } });
    expect(decided({ workers: { ...REFUSED, retryAtMs: NOW_MS } }).workers).toBe('start');
  });

  test('are told of once', () => {
    const first = decided({ workers: REFUSED });
    expect(first.events).toHaveLength(1);
    const again = decided({ workers: REFUSED, status: { conditions: first.status.conditions ?? [] } });
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(first.status);
  });

  test('fail the job at the deadline for starting, with what was in the way', () => {
    const decision = decided({ workers: REFUSED, spec: SHORT });
    expect(conditionOf(decision, 'Failed')).toMatchObject({ reason: 'PreRunningDeadlineExceeded' });
    expect(conditionOf(decision, 'Failed')?.message).toContain('QuotaExceeded: exceeded quota');
  });
});

describe('workers that start', () => {
  test('and are stuck show it, and no longer once they run', () => {
    const stuck = decided({ workers: STARTING });
    expect(conditionsInWords(stuck)).toEqual([
      'Running=False ImagePullFailed',
      'Stalled=True ImagePullFailed',
    ]);
    const running = decided({ workers: RUNNING, status: { conditions: stuck.status.conditions ?? [] } });
    expect(conditionOf(running, 'Stalled')).toMatchObject({ status: 'False', reason: 'Progressing' });
  });

  test('but are held by others have no deadline', () => {
    const held = { ...STARTING, isStuck: false, isHeld: true, reason: 'Queued' };
    expect(conditionOf(decided({ workers: held, spec: SHORT }), 'Failed')).toBeUndefined();
    expect(conditionOf(decided({ workers: STARTING, spec: SHORT }), 'Failed')?.status).toBe('True');
  });

  test('and are overdue are asked for again', () => {
    const waiting = { ...STARTING, isStuck: false };
    expect(decided({ workers: waiting }).workers).toBe('keep');
    expect(decided({ workers: { ...waiting, isOverdue: true } }).workers).toBe('start');
  });

  test('and lack a volume are asked for again at once: their Secret may be gone', () => {
    const lacking = decided({ workers: { ...STARTING, reason: 'VolumeNotMounted' } });
    expect(lacking.workers).toBe('start');
    expect(conditionsInWords(lacking)).toContain('Stalled=True VolumeNotMounted');
  });

  test('from an older spec are made anew', () => {
    const decision = decided({ workers: { ...STARTING, isOutdated: true } });
    expect(decision.workers).toBe('checkpoint');
    expect(conditionOf(decision, 'Running')).toMatchObject({ status: 'False', reason: 'Starting' });
  });
});

test('workers are well for as long as they may be silent', () => {
  const status = { progress: progressNow({ progressedAt: new Date(NOW_MS).toISOString() }) };
  const allowedSilenceMs = LIFE.vouchedSilenceMs;
  const well = decided({ status, allowedSilenceMs, unheardMs: allowedSilenceMs - 1 });
  expect(conditionOf(well, 'Stalled')).toBeUndefined();
  const silent = decided({ status, allowedSilenceMs, unheardMs: allowedSilenceMs });
  expect(conditionOf(silent, 'Stalled')).toMatchObject({ status: 'True', reason: 'TrainerSilent' });
});

describe('workers out of reach', () => {
  const lost = { ...RUNNING, trouble: { reason: 'NodeLost', message: 'node-1 does not answer' } };

  test('are led on as long as they are heard', () => {
    const decision = decided({
      workers: lost,
      status: { progress: progressNow() },
      unheardMs: 5000,
    });
    expect(conditionOf(decision, 'Running')?.status).toBe('True');
  });

  test('that were never heard are lost, and looked at again for their first word', () => {
    const decision = decided({ workers: lost });
    expect(conditionsInWords(decision)).toContain('Stalled=True NodeLost');
    expect(decision.requeueAfterMs).toBe(LIFE.silenceMs);
  });

  test('that are silent show it, steadily, and no longer when they are heard again', () => {
    const silent = { workers: lost, status: { progress: progressNow() }, unheardMs: LIFE.silenceMs };
    const decision = decide(observation(silent));
    expect(conditionsInWords(decision)).toEqual(['Running=Unknown NodeLost', 'Stalled=True NodeLost']);
    const conditions = decision.status.conditions ?? [];
    const again = decided({ ...silent, status: { ...silent.status, conditions }, nowMs: NOW_MS + 1 });
    expect(again.status.conditions).toEqual(conditions);
    const back = decided({ workers: RUNNING, status: { progress: progressNow(), conditions } });
    expect(conditionsInWords(back)).toEqual(
      expect.arrayContaining(['Running=True WorkersReady', 'Stalled=False Progressing']),
    );
  });
});

test('a report is as old as its arrival, whatever the clock of the trainer says', () => {
  const heartbeat = new Date(NOW_MS - 3_600_000).toISOString();
  const slow = { ...RUNNING, sinceMs: NOW_MS - 3_700_000 };
  const status = { progress: progressNow({ heartbeat }) };
  const fresh = decided({ workers: slow, status, reportedMs: NOW_MS - 1000 });
  expect(conditionOf(fresh, 'Stalled')).toBeUndefined();
  const old = decided({ workers: slow, status, reportedMs: NOW_MS - 3_600_000 });
  expect(conditionOf(old, 'Stalled')).toMatchObject({ status: 'True', reason: 'ProgressDeadlineExceeded' });
});

describe('an end whose cause the cluster knows', () => {
  test('is not counted where something outside did it, whatever the exit code', () => {
    const cause = { kind: 'disruption', reason: 'Preempted', message: 'made room' } as const;
    const decision = decided({ workers: ended(137, '', cause), status: { progress: progressNow() } });
    expect(conditionOf(decision, 'Restarting')).toMatchObject({ status: 'True', reason: 'Preempted' });
    expect(decision.status.restarts).toBeUndefined();
  });

  test('is counted where the trainer used too much memory', () => {
    const cause = { kind: 'failure', reason: 'OutOfMemory', message: 'killed' } as const;
    const decision = decided({ workers: ended(137, '', cause), status: { progress: progressNow() } });
    expect(decision.status).toMatchObject({ restarts: 1, lastFailure: { reason: 'OutOfMemory' } });
  });

  test('is not explained by what workers after it said', () => {
    const failure = { reason: 'LossNotFinite', message: 'NaN', retryable: false };
    const later = progressNow({ failure, heartbeat: new Date(NOW_MS + 60_000).toISOString() });
    const decision = decided({ workers: ended(70), status: { progress: later } });
    expect(decision.status.lastFailure?.reason).toBe('TrainerFailed');
  });
});

describe('a job whose clips only its workers can count', () => {
  const look = (spec: object = {}) => {
    const seen = observation({ workers: { state: 'absent' }, clips: { kind: 'counted-by-workers' }, spec });
    return decide({ ...seen, job: { ...seen.job, status: {} } });
  };

  test('starts them and says that it waits for the count', () => {
    const decision = look();
    expect(conditionOf(decision, 'PlanReady')).toMatchObject({ status: 'Unknown', reason: 'CountingClips' });
    expect(decision.workers).toBe('start');
    expect(decision.status.plan).toBeUndefined();
  });

  test('starts nothing when no count could make a plan of it', () => {
    const recipe = {
      frames: 15,
      stride: 2,
      cropSize: 64,
      batchSize: 3,
      epochs: 20,
      steps: [0, 12, 17],
      learningRate: '0.05',
    };
    const decision = look({ recipe });
    expect(conditionOf(decision, 'PlanReady')).toMatchObject({ status: 'False', reason: 'InvalidPlan' });
    expect(decision.workers).toBe('keep');
  });
});

describe('a finished job', () => {
  const completionTime = new Date(NOW_MS - 10_000).toISOString();
  const condition = {
    type: 'Complete',
    status: 'True',
    reason: 'r',
    message: '',
    lastTransitionTime: completionTime,
  } as const;
  const at = (ttlSecondsAfterFinished?: number) =>
    decided({
      workers: { state: 'absent' },
      spec: { runPolicy: { ttlSecondsAfterFinished } },
      status: { completionTime, conditions: [condition] },
    });

  test('is deleted when its time to live is over, and not before', () => {
    expect(at(10).isToBeDeleted).toBe(true);
    expect(at(12)).toMatchObject({ isToBeDeleted: false, requeueAfterMs: 2000 });
  });

  test('stays where no time is given', () => {
    expect(at()).toMatchObject({ isToBeDeleted: false, requeueAfterMs: null });
  });
});

describe('what workers need, and somebody has damaged,', () => {
  const damage = { children: ['RoleBinding first'], mendAtMs: NOW_MS };
  const training = { status: { progress: progressNow() } };

  test('is put back while they run or start, which is told', () => {
    const decision = decided({ ...training, damage });
    expect(decision.workers).toBe('start');
    expect(decision.events).toEqual([
      {
        type: 'Warning',
        reason: 'ChildrenMended',
        message: 'RoleBinding first: missing or changed, put back',
      },
    ]);
    expect(decided({ workers: STARTING, damage }).workers).toBe('start');
  });

  test('waits when it was put back a moment ago', () => {
    const decision = decided({ ...training, damage: { ...damage, mendAtMs: NOW_MS + 4000 } });
    expect(decision).toMatchObject({ workers: 'keep', events: [], requeueAfterMs: 4000 });
  });

  test('is not put back for workers that are on their way out', () => {
    expect(decided({ ...training, damage, spec: { suspend: true } }).workers).toBe('checkpoint');
    expect(decided({ ...training, damage, workers: { ...RUNNING, isStopping: true } }).workers).toBe('keep');
  });
});

test('the counts of workers do not outlive the workers', () => {
  const counts = { replicas: 1, readyReplicas: 1 };
  const suspended = decided({ workers: { state: 'absent' }, spec: { suspend: true }, status: counts });
  expect(suspended.status).toMatchObject({ state: 'Suspended', replicas: 0, readyReplicas: 0 });
  expect(decided({ status: { ...counts, progress: progressNow() } }).status).toMatchObject(counts);
});
