import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  conditionOf,
  decided,
  directive,
  NOW_MS,
  progressNow,
  RUNNING,
  SINCE_MS,
} from '../../test/support/run/observations.ts';
import { DeadlineClock, longestPauseMs, type Awaited } from './deadline-clock.ts';
import type { Decision } from './decision.ts';

const SLEEP_MS = 8 * 3_600_000;

/** A controller that looks as often as it has to, and a world that sleeps, or has its clock set, in between. */
class Bench {
  nowMs = 0;
  monotonicMs = 0;
  isHearing = true;
  readonly clock = new DeadlineClock(() => this.monotonicMs);

  pass(ms: number): void {
    this.nowMs += ms;
    this.monotonicMs += ms;
  }

  left(awaited: Awaited): number {
    return this.clock.left('job', awaited, this) ?? Number.NaN;
  }

  /** Looks on for `ms`. @returns what is left then */
  watch(awaited: Awaited, ms: number): number {
    const untilMs = this.monotonicMs + ms;
    let leftMs = this.left(awaited);
    while (this.monotonicMs < untilMs) {
      this.pass(Math.min(longestPauseMs(awaited), untilMs - this.monotonicMs));
      leftMs = this.left(awaited);
    }
    return leftMs;
  }
}

const since = (sinceMs: number, deadlineMs = 900_000): Awaited => ({
  what: `report ${sinceMs}`,
  sinceMs,
  deadlineMs,
});

describe('the clock of a deadline', () => {
  test('runs as clocks do while the controller looks on', () => {
    const deadlines = fc.integer({ min: 1000, max: 86_400_000 });
    const shares = fc.double({ min: 0, max: 1.2, noNaN: true });
    fc.assert(
      fc.property(deadlines, shares, (deadlineMs, share) => {
        const bench = new Bench();
        const leftMs = bench.watch(since(0, deadlineMs), share * deadlineMs);
        expect(Math.abs(leftMs - (1 - share) * deadlineMs)).toBeLessThan(1);
      }),
    );
  });

  test.each([
    ['a machine that slept', 0],
    ['a machine that slept, whose own clock ran on', SLEEP_MS],
  ])('does not charge %s more than one look', (_what, monotonicMs) => {
    const bench = new Bench();
    const awaited = since(0);
    bench.watch(awaited, 5000);
    bench.nowMs += SLEEP_MS;
    bench.monotonicMs += monotonicMs;
    expect(bench.left(awaited)).toBeGreaterThanOrEqual(900_000 - 5000 - 90_000);
  });

  test('does not mind a clock that is set back or on', () => {
    const bench = new Bench();
    const awaited = since(0);
    bench.watch(awaited, 300_000);
    bench.nowMs -= SLEEP_MS;
    expect(bench.watch(awaited, 300_000)).toBe(300_000);
    bench.nowMs += 2 * SLEEP_MS;
    expect(bench.watch(awaited, 300_000)).toBe(0);
  });

  test('stands still while nothing could be heard, and goes on after', () => {
    const bench = new Bench();
    const awaited = since(0);
    bench.watch(awaited, 300_000);
    bench.isHearing = false;
    expect(bench.watch(awaited, SLEEP_MS)).toBe(600_000);
    bench.isHearing = true;
    expect(bench.watch(awaited, 60_000)).toBe(540_000);
  });

  test('begins anew with what is awaited next', () => {
    const bench = new Bench();
    bench.watch(since(0), 800_000);
    expect(bench.left(since(bench.nowMs))).toBe(900_000);
  });

  test('holds over a controller that begins anew, but for a last minute in which to be heard', () => {
    const bench = new Bench();
    bench.nowMs = 500_000;
    expect(bench.left(since(0))).toBe(400_000);
    const late = new Bench();
    late.nowMs = SLEEP_MS;
    expect(late.left(since(0))).toBe(60_000);
    expect(late.watch(since(0), 60_000)).toBe(0);
  });

  test('stands still while nothing is awaited', () => {
    const bench = new Bench();
    bench.watch(since(0), 800_000);
    expect(bench.clock.left('job', null, bench)).toBeNull();
    bench.nowMs = 0;
    expect(bench.left(since(0))).toBe(900_000);
  });
});

test('a trainer is not hanging because the machine slept: it is ended when the controller has listened in vain', () => {
  const spec = { runPolicy: { progressDeadlineSeconds: 900 } };
  const status = { progress: progressNow() };
  const awake = decided({ spec, status, nowMs: NOW_MS + SLEEP_MS, leftMs: 895_000 });
  expect(awake).toMatchObject({ workers: 'keep', status: { state: 'Running' }, requeueAfterMs: 895_000 });
  const silent = decided({ spec, status, nowMs: NOW_MS + SLEEP_MS, leftMs: 0 });
  expect(silent).toMatchObject({ workers: 'kill', status: { state: 'Stalled', restarts: 1 } });
});

test('the deadline for starting runs anew for several workers that start again in pods asked for long ago', () => {
  const longAgoMs = SINCE_MS - 3_600_000;
  const workers = { ...RUNNING, sinceMs: longAgoMs, askedMs: longAgoMs };
  const progress = progressNow({
    ...{ state: 'Preparing', iteration: 0 },
    progressedAt: new Date(SINCE_MS).toISOString(),
    heartbeat: new Date(SINCE_MS + 20_000).toISOString(),
  });
  const again = (count: number, nowMs: number): Decision =>
    decided({
      spec: { runPolicy: { preRunningDeadlineSeconds: 60 } },
      status: { directive: { ...directive(1, 0), workers: count }, progress },
      ...{ workers, nowMs },
    });
  const exceeded = { status: 'True', reason: 'PreRunningDeadlineExceeded' };
  expect(again(3, SINCE_MS + 21_000)).toMatchObject({ workers: 'keep', requeueAfterMs: 39_000 });
  expect(conditionOf(again(3, SINCE_MS + 60_000), 'Failed')).toMatchObject(exceeded);
  // A single one starts again in a pod of its own.
  expect(conditionOf(again(1, SINCE_MS + 21_000), 'Failed')).toMatchObject(exceeded);
});
