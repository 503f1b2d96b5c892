import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { VirtualTime } from '../test/support/virtual-time.ts';
import { callAfter, endsWithin, LONGEST_TIMER_MS, sleep, timeoutSignal } from './timers.ts';

const DAY_MS = 86_400_000;

afterEach(() => {
  jest.useRealTimers();
});

describe('a sleep', () => {
  test.each([0, 1, LONGEST_TIMER_MS, LONGEST_TIMER_MS + 1, 30 * DAY_MS, 400 * DAY_MS])(
    'of %d ms is over then and not before',
    async (ms) => {
      const time = new VirtualTime();
      let endedMs = Number.NaN;
      void time.sleep(ms).then(() => {
        endedMs = time.now();
      });
      await time.pass(500 * DAY_MS);
      expect(endedMs).toBe(Math.max(1, ms));
    },
  );

  test('longer than a timer ends when its signal aborts', async () => {
    const over = new AbortController();
    const sleeping = sleep(2 ** 31, over.signal);
    over.abort();
    await expect(sleeping).rejects.toThrow(/abort/u);
  });
});

describe('a call later', () => {
  test.each([5, LONGEST_TIMER_MS + 1, 30 * DAY_MS])('after %d ms comes once', async (ms) => {
    jest.useFakeTimers();
    const call = jest.fn();
    callAfter(ms, call);
    await jest.advanceTimersByTimeAsync(ms - 1);
    expect(call).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(100 * DAY_MS);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('can be taken back, also beyond the first of its timers', async () => {
    jest.useFakeTimers();
    const call = jest.fn();
    const cancel = callAfter(30 * DAY_MS, call);
    await jest.advanceTimersByTimeAsync(29 * DAY_MS);
    cancel();
    await jest.advanceTimersByTimeAsync(100 * DAY_MS);
    expect(call).not.toHaveBeenCalled();
  });
});

test.each([2 ** 31, 2 ** 32, Number.POSITIVE_INFINITY])(
  'a time limit of %d ms has not run out at once',
  async (ms) => {
    const limit = timeoutSignal(ms);
    // Longer than the 1 ms that Node makes of it.
    await sleep(20);
    expect(limit.aborted).toBe(false);
  },
);

test.each([0.5, -1, 0])('a time limit of %d ms runs out', async (ms) => {
  const limit = timeoutSignal(ms);
  await new Promise((resolve) => {
    limit.addEventListener('abort', resolve);
  });
  expect(limit.aborted).toBe(true);
});

describe('what may take too long', () => {
  test('is waited for no longer than its time, and what comes later disturbs nobody', async () => {
    jest.useFakeTimers();
    const { promise, reject } = Promise.withResolvers<never>();
    const answer = endsWithin(1000, promise);
    await jest.advanceTimersByTimeAsync(1000);
    expect(await answer).toBe(false);
    reject(new Error('too late'));
    await jest.advanceTimersByTimeAsync(1);
  });

  test('says so when it ends in time, and leaves no timer', async () => {
    jest.useFakeTimers();
    expect(await endsWithin(1000, Promise.resolve('done'))).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('passes its error on', async () => {
    jest.useFakeTimers();
    await expect(endsWithin(1000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(jest.getTimerCount()).toBe(0);
  });
});
