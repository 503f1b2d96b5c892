import { expect, test } from '@jest/globals';
import { ApiError, ApiUnreachableError } from '../../../kube/api-errors.ts';
import { keepLease } from './keep-lease.ts';

/** Answers of the server, one a renewal, and how long each takes; ends after the last. */
async function renewals(
  answers: readonly (Error | null)[],
  tookMs = 0,
): Promise<{ readonly kept: readonly boolean[]; readonly pausesMs: readonly number[] }> {
  const over = new AbortController();
  const left = [...answers];
  const kept: boolean[] = [];
  const pausesMs: number[] = [];
  let nowMs = 0;
  await keepLease(
    {
      renewLease: () => {
        nowMs += tookMs;
        const answer = left.shift() ?? null;
        return answer === null ? Promise.resolve() : Promise.reject(answer);
      },
    },
    {
      holder: 'pod',
      now: () => 0,
      monotonicNow: () => nowMs,
      sleep: (ms) => {
        pausesMs.push(ms);
        nowMs += ms;
        if (left.length === 0) {
          over.abort();
        }
        return Promise.resolve();
      },
      onAnswer: (isKept) => kept.push(isKept),
    },
    over.signal,
  );
  return { kept, pausesMs };
}

const refused = (status: number): Error => new ApiError('PATCH lease', status, { message: 'no' }, null);
const away = new ApiUnreachableError('PATCH lease', new Error('connect ECONNREFUSED'));

test('a lease is renewed again and again, at the same pace however long a renewal takes', async () => {
  expect(await renewals([null, null, null], 3000)).toEqual({
    kept: [true, true, true],
    pausesMs: [7000, 7000, 7000],
  });
});

test('that there is none, or that it may not be renewed, is told, and that it is there again', async () => {
  expect((await renewals([refused(404), refused(403), null])).kept).toEqual([false, false, true]);
});

test('a server that is away or overloaded says nothing about the lease', async () => {
  expect((await renewals([null, away, refused(503), refused(429)])).kept).toEqual([true]);
});
