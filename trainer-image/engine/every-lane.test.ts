import { describe, expect, test } from '@jest/globals';
import { everyLane } from './every-lane.ts';

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('stopped'));
    });
  });

describe('lanes', () => {
  test('stop when one of them fails, and what that one threw is what all of it throws', async () => {
    const ended: number[] = [];
    const work = everyLane(3, async (lane, signal) => {
      try {
        await (lane === 1 ? Promise.reject(new RangeError('first')) : aborted(signal));
      } finally {
        ended.push(lane);
      }
    });
    await expect(work).rejects.toThrow(new RangeError('first'));
    expect(ended.sort()).toEqual([0, 1, 2]);
  });

  test('are waited for also after the failure', async () => {
    let isOver = false;
    let release = (): void => undefined;
    const work = everyLane(2, async (lane) => {
      if (lane === 0) {
        throw new Error('failed');
      }
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      isOver = true;
    });
    const outcome = work.catch(() => isOver);
    release();
    expect(await outcome).toBe(true);
  });

  test('stop when they are told to from outside', async () => {
    const stop = new AbortController();
    const work = everyLane(2, (_, signal) => aborted(signal), stop.signal);
    stop.abort();
    await expect(work).rejects.toThrow('stopped');
  });
});
