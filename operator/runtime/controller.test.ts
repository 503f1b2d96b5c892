import { describe, expect, test } from '@jest/globals';
import { Backoff, delayAfter } from '../../timing/backoff.ts';
import { OvertakenError, runController, TerminalError, type Reconcile } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

/** Runs a controller on a queue without clock: every delay is over at once and is written down. */
async function control(reconcile: (queue: WorkQueue) => Reconcile): Promise<{
  readonly delays: readonly number[];
  readonly errors: readonly unknown[];
}> {
  const delays: number[] = [];
  const errors: unknown[] = [];
  const queue = new WorkQueue({
    now: () => 0,
    sleep: (ms) => {
      delays.push(ms);
      return Promise.resolve();
    },
  });
  queue.add('job');
  await runController({
    queue,
    reconcile: reconcile(queue),
    random: () => 0,
    backoff: { firstMs: 10, longestMs: 50 },
    onError: (_key, error) => {
      errors.push(error);
      if (errors.length === 5) {
        queue.close();
      }
    },
  });
  return { delays, errors };
}

describe('the controller', () => {
  test('comes again when the result asks for it', async () => {
    let calls = 0;
    const { delays } = await control((queue) => (key) => {
      expect(key).toBe('job');
      calls += 1;
      if (calls === 3) {
        queue.close();
      }
      return Promise.resolve({ requeueAfterMs: calls * 100 });
    });
    expect(delays).toEqual([100, 200]);
  });

  test('tries a failure again after growing delays, and from the first delay after a success', async () => {
    const outcomes = ['fail', 'fail', 'work', 'fail', 'fail', 'fail'];
    const { delays } = await control(() => () => {
      return outcomes.shift() === 'work'
        ? Promise.resolve({ requeueAfterMs: 1 })
        : Promise.reject(new Error('no connection'));
    });
    expect(delays).toEqual([10, 20, 1, 10, 20]);
  });

  test('looks again, later and later, at what changes under its hands, and complains of nothing', async () => {
    let calls = 0;
    const { delays, errors } = await control((queue) => () => {
      calls += 1;
      if (calls === 6) {
        queue.close();
      }
      return calls === 4
        ? Promise.resolve({ requeueAfterMs: 1 })
        : Promise.reject(new OvertakenError('changed meanwhile'));
    });
    expect(delays).toEqual([10, 20, 40, 1, 10]);
    expect(errors).toEqual([]);
  });

  test('does not try again what cannot work', async () => {
    const { delays, errors } = await control((queue) => () => {
      setImmediate(() => {
        queue.close();
      });
      return Promise.reject(new TerminalError('the name is too long'));
    });
    expect(errors).toHaveLength(1);
    expect(delays).toEqual([]);
  });
});

test('delays double up to the longest and are spread by at most a quarter', () => {
  const limits = { firstMs: 100, longestMs: 1000 };
  expect([1, 2, 3, 4, 5, 9].map((failures) => delayAfter(failures, limits))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  const backoff = new Backoff(limits, () => 1);
  expect([backoff.next('a'), backoff.next('a'), backoff.next('b')]).toEqual([125, 250, 125]);
  backoff.forget('a');
  expect(backoff.next('a')).toBe(125);
});
