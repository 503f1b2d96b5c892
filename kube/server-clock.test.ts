/** The time of the API server, as far as its answers tell. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ServerClock } from './server-clock.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const header = (ms: number): string => new Date(ms).toUTCString();

test('a machine whose clock is right, or nearly, is believed', () => {
  fc.assert(
    fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 0, max: 5000 }), (offMs, tookMs) => {
      let nowMs = START_MS;
      const clock = new ServerClock(() => nowMs);
      nowMs += tookMs;
      clock.learn(header(nowMs - tookMs / 2 + offMs), START_MS);
      expect(clock.now()).toBe(nowMs);
    }),
  );
});

test('a clock that is wrong is put right to a few seconds, and follows when it is set', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e8, max: 1e8 }), fc.integer({ min: 0, max: 2000 }), (offMs, tookMs) => {
      let nowMs = START_MS + offMs;
      const clock = new ServerClock(() => nowMs);
      clock.learn(header(START_MS), nowMs);
      nowMs += tookMs;
      expect(Math.abs(clock.now() - (START_MS + tookMs))).toBeLessThanOrEqual(3500);
      nowMs = START_MS + 60_000;
      clock.learn(header(START_MS + 60_000), nowMs);
      expect(Math.abs(clock.now() - nowMs)).toBeLessThanOrEqual(3500);
    }),
  );
});

test('an answer without a time teaches nothing', () => {
  const clock = new ServerClock(() => START_MS);
  clock.learn(null, START_MS);
  clock.learn('yesterday', START_MS);
  expect(clock.now()).toBe(START_MS);
});
