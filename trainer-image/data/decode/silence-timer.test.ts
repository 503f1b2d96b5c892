import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SilenceTimer } from './silence-timer.ts';

/** What a turn of the event loop (setImmediate) takes on the fake clock. */
const TURN_MS = 1;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function timerOf(limitMs: number): { readonly timer: SilenceTimer; readonly silences: number[] } {
  const silences: number[] = [];
  const timer = new SilenceTimer(
    limitMs,
    () => Date.now(),
    () => silences.push(Date.now()),
  );
  return { timer, silences };
}

test('fires once when nothing was heard for the limit', async () => {
  const { timer, silences } = timerOf(100);
  const startMs = Date.now();
  timer.start();
  await jest.advanceTimersByTimeAsync(1000);
  expect(silences.map((timeMs) => timeMs - startMs)).toEqual([100 + TURN_MS]);
});

test('counts from the last sign of life', async () => {
  const { timer, silences } = timerOf(100);
  const startMs = Date.now();
  timer.start();
  for (let step = 0; step < 10; step += 1) {
    await jest.advanceTimersByTimeAsync(60);
    timer.heard();
  }
  expect(silences).toEqual([]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(silences.map((timeMs) => timeMs - startMs)).toEqual([700 + TURN_MS]);
});

test('is quiet after it was stopped, and counts anew when it is started again', async () => {
  const { timer, silences } = timerOf(100);
  timer.start();
  await jest.advanceTimersByTimeAsync(90);
  timer.stop();
  await jest.advanceTimersByTimeAsync(500);
  expect(silences).toEqual([]);
  timer.start();
  await jest.advanceTimersByTimeAsync(99);
  expect(silences).toEqual([]);
  await jest.advanceTimersByTimeAsync(2);
  expect(silences).toHaveLength(1);
});
