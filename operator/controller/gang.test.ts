/** Several workers train together or not at all. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ABSENT,
  after,
  conditionsInWords,
  decided,
  directive,
  NOW_MS,
  observation,
  progressNow,
  RUNNING,
  SINCE_MS,
  STARTING,
} from '../../test/support/run/observations.ts';
import type { Workers } from '../platform/platform.ts';
import { decide } from './decide.ts';
import type { Observation } from './observation.ts';

const SHORT = {
  ...STARTING,
  replicas: 3,
  reason: 'Unschedulable',
  message: '2 of 3 workers placed: 0/1 nodes are available',
} as const;
const LEAVING: Workers = { ...RUNNING, replicas: 2, isStopping: true };
const SECOND_MS = 1000;
const DEADLINE_MS = 10 * SECOND_MS;
const spec = { runPolicy: { preRunningDeadlineSeconds: DEADLINE_MS / SECOND_MS }, workers: { replicas: 3 } };
const status = { directive: { ...directive(1, 0), workers: 3 } };
/** The deadline is over. */
const late = { spec, status, workers: SHORT, leftMs: 0 };

describe('workers that do not all find a place', () => {
  test('say how many of them have one', () => {
    const decision = decided({ ...late, leftMs: SECOND_MS });
    expect(conditionsInWords(decision)).toContain('Stalled=True Unschedulable');
    expect(decision.workers).toBe('keep');
  });

  test('all give theirs up at the deadline, say when they come again, and the job does not fail', () => {
    const decision = decided(late);
    expect(decision.workers).toBe('checkpoint');
    expect(conditionsInWords(decision)).toEqual([
      'Running=False WorkersReleased',
      'Stalled=True WorkersReleased',
    ]);
    expect(decision.status.reason).toBe('WorkersReleased');
    expect(decision.events).toHaveLength(1);
    expect(decision.events[0]?.message).toContain('2 of 3 workers placed');
  });

  test('are not judged while they leave, nor asked for before the pause is over', () => {
    const look = observation(late);
    const released = decide(look);
    const leaving = after(look, released, { workers: LEAVING, leftMs: -1 });
    expect(decide(leaving)).toMatchObject({ workers: 'keep', events: [] });
    const waiting = after(look, released, { workers: ABSENT, leftMs: null });
    const { workers, requeueAfterMs, status: held } = decide(waiting);
    expect(workers).toBe('keep');
    expect(held.conditions).toEqual(released.status.conditions);
    expect(requeueAfterMs).toBeGreaterThanOrEqual(15 * SECOND_MS);
    expect(requeueAfterMs).toBeLessThanOrEqual(30 * SECOND_MS);
    const again = decide({ ...waiting, nowMs: NOW_MS + (requeueAfterMs ?? 0) });
    expect(again.workers).toBe('start');
  });

  test('that trained before and lost a node wait as well, though their last words are newer than those that leave', () => {
    const trained = { ...late, status: { ...status, progress: progressNow() } };
    const look = observation(trained);
    const released = decide(look);
    const leaving = after(look, released, { workers: LEAVING });
    const left = decide(leaving);
    expect(left).toMatchObject({ workers: 'keep', status: { gang: { releases: 1 } } });
    const again = decide(after(leaving, left, { workers: ABSENT, leftMs: null }));
    expect(again.workers).toBe('keep');
    expect(again.requeueAfterMs).toBeGreaterThanOrEqual(15 * SECOND_MS);
  });

  test('wait longer each time, until they train', () => {
    const second = decided({ ...late, status: { ...status, gang: { releases: 3, releasedAt: TIME } } });
    expect(second.status.gang).toMatchObject({ releases: 4 });
    const training = decided({
      spec,
      status: { ...status, gang: { releases: 3, releasedAt: TIME }, progress: progressNow() },
    });
    expect(training.status.gang).toMatchObject({ releases: 0 });
  });

  test('are several: a single one fails its job, as does anything else that is in the way', () => {
    const failed = 'Failed=True PreRunningDeadlineExceeded';
    expect(conditionsInWords(decided({ ...late, status: { directive: directive(1, 0) } }))).toContain(failed);
    const noImage = { ...SHORT, reason: 'ImagePullFailed' };
    expect(conditionsInWords(decided({ ...late, workers: noImage }))).toContain(failed);
  });
});

const TIME = new Date(SINCE_MS).toISOString();

/** A job on a cluster that has room for so many workers. */
class SimulatedJob {
  readonly need: number;
  placed = 0;
  #look: Observation;
  #askedMs = 0;
  #trainedMs: number | null = null;

  constructor(uid: string, need: number) {
    this.need = need;
    const look = observation({ spec, status, workers: ABSENT });
    this.#look = { ...look, job: { ...look.job, metadata: { ...look.job.metadata, uid } } };
  }

  get isDone(): boolean {
    return this.#trainedMs !== null && this.#trainedMs >= 60 * SECOND_MS;
  }

  /** One second. @returns how many more it takes of what is free */
  step(nowMs: number, free: number): number {
    if (this.isDone) {
      return this.#giveUp();
    }
    if (this.#trainedMs !== null) {
      this.#trainedMs += SECOND_MS;
      return 0;
    }
    const isAsked = this.#askedMs > 0;
    const takes = isAsked && free > 0 && this.placed < this.need ? 1 : 0;
    this.placed += takes;
    if (this.placed === this.need) {
      this.#trainedMs = 0;
      return takes;
    }
    const workers = isAsked ? { ...SHORT, sinceMs: this.#askedMs } : ABSENT;
    const leftMs = isAsked ? this.#askedMs + DEADLINE_MS - nowMs : null;
    this.#look = { ...this.#look, workers, leftMs, nowMs };
    const decision = decide(this.#look);
    this.#look = after(this.#look, decision);
    if (decision.workers === 'start') {
      this.#askedMs = nowMs;
    }
    return decision.workers === 'checkpoint' ? takes + this.#giveUp() : takes;
  }

  #giveUp(): number {
    const held = this.placed;
    this.placed = 0;
    this.#askedMs = 0;
    return -held;
  }
}

test('two jobs that do not fit together both train, one after the other, whatever each holds first', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.constantFrom(3, 4, 5), (one, other, room) => {
      fc.pre(one !== other);
      const jobs = [new SimulatedJob(one, 3), new SimulatedJob(other, 3)];
      let free = room;
      let nowMs = NOW_MS;
      for (let second = 0; second < 3600 && !jobs.every(({ isDone }) => isDone); second += 1) {
        nowMs += SECOND_MS;
        for (const job of jobs) {
          free -= job.step(nowMs, free);
        }
      }
      expect(jobs.map(({ isDone }) => isDone)).toEqual([true, true]);
    }),
  );
});
