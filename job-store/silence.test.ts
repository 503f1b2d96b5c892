import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Heard, Silence } from './silence.ts';

const STALE_MS = 40_000;
const BEAT_MS = 5000;
const LOOK_MS = 500;

/** Looks every half second from `fromMs` until `untilMs` at a file that shows `sign`. */
function watch(silence: Silence, sign: string, fromMs: number, untilMs: number): Heard {
  let heard: Heard = 'unknown';
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += LOOK_MS) {
    heard = silence.hear({ owner: 'owner', sign, beganMs: nowMs, endedMs: nowMs });
  }
  return heard;
}

test('a file that does not change for the whole time is silence, and not a moment before', () => {
  const silence = new Silence(STALE_MS);
  expect(watch(silence, 'a', 0, STALE_MS - LOOK_MS)).toBe('unknown');
  expect(watch(silence, 'a', STALE_MS, STALE_MS)).toBe('death');
});

test('the first look at a file is no silence, however old the file', () => {
  const old = { owner: 'owner', sign: 'old', beganMs: 1e9, endedMs: 1e9 };
  expect(new Silence(STALE_MS).hear(old)).toBe('unknown');
});

test('a change is a sign of life and begins the count anew', () => {
  const silence = new Silence(STALE_MS);
  watch(silence, 'a', 0, STALE_MS - LOOK_MS);
  expect(watch(silence, 'b', STALE_MS, 2 * STALE_MS - LOOK_MS)).toBe('life');
  expect(watch(silence, 'b', 2 * STALE_MS, 2 * STALE_MS)).toBe('death');
});

test('another owner is not the one before that speaks', () => {
  const silence = new Silence(STALE_MS);
  watch(silence, 'a', 0, STALE_MS);
  const next = { owner: 'next', sign: 'b', beganMs: STALE_MS, endedMs: STALE_MS };
  expect(silence.hear(next)).toBe('unknown');
});

test('who was frozen between two looks has not watched', () => {
  const silence = new Silence(STALE_MS);
  watch(silence, 'a', 0, LOOK_MS);
  expect(watch(silence, 'a', 3_600_000, 3_600_000)).toBe('unknown');
});

test('a disk that kept a look waiting counts for nothing, since it may have kept the owner waiting as well', () => {
  const silence = new Silence(STALE_MS);
  watch(silence, 'a', 0, STALE_MS - LOOK_MS);
  const hung = { owner: 'owner', sign: 'a', beganMs: STALE_MS, endedMs: STALE_MS + 60_000 };
  expect(silence.hear(hung)).toBe('unknown');
  expect(watch(silence, 'a', hung.endedMs, hung.endedMs + STALE_MS - LOOK_MS)).toBe('unknown');
});

test('an owner that beats is never taken for dead, whatever its clock, while looks come when they can', () => {
  const looks = fc.array(fc.record({ pauseMs: fc.nat(60_000), tookMs: fc.nat(60_000) }), { minLength: 1 });
  fc.assert(
    fc.property(looks, fc.nat(BEAT_MS), (steps, phaseMs) => {
      const silence = new Silence(STALE_MS);
      let nowMs = 0;
      for (const { pauseMs, tookMs } of steps) {
        const beganMs = nowMs + pauseMs;
        const endedMs = beganMs + tookMs;
        // What is seen may be as old as the begin of the look.
        const sign = String(Math.floor((beganMs + phaseMs) / BEAT_MS));
        expect(silence.hear({ owner: 'owner', sign, beganMs, endedMs })).not.toBe('death');
        nowMs = endedMs;
      }
    }),
  );
});
