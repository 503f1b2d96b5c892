import { describe, expect, test } from '@jest/globals';
import { WaitedInVainError, waitUntil } from './wait-until.ts';

/** A clock that moves by the next of these at every look at it, in milliseconds. */
function clockOf(steps: readonly number[]): () => number {
  let now = 0;
  let index = 0;
  return () => {
    now += steps[index] ?? 0;
    index += 1;
    return now;
  };
}

describe('waiting', () => {
  test('ends with what was seen', async () => {
    let looks = 0;
    const look = (): Promise<string | null> => Promise.resolve((looks += 1) === 3 ? 'there' : null);
    expect(await waitUntil(look, { what: 'it', timeoutMs: 60_000, periodMs: 1 })).toBe('there');
  });

  test('ends in vain after its time', async () => {
    let looks = 0;
    const look = (): Promise<null> => {
      looks += 1;
      return Promise.resolve(null);
    };
    const monotonicNow = clockOf([0, 400, 0, 400, 0, 400, 0, 400]);
    const seen = (): string => 'nothing yet';
    const waiting = waitUntil(look, { what: 'it', timeoutMs: 1000, periodMs: 1, monotonicNow, seen });
    await expect(waiting).rejects.toThrow(new WaitedInVainError('it', 1000, 'nothing yet'));
    expect(looks).toBe(4);
  });

  test('goes on when the machine was frozen for longer than its patience', async () => {
    let looks = 0;
    const look = (): Promise<string | null> => Promise.resolve((looks += 1) === 3 ? 'there' : null);
    const monotonicNow = clockOf([0, 3_600_000, 0, 100]);
    expect(await waitUntil(look, { what: 'it', timeoutMs: 60_000, periodMs: 1, monotonicNow })).toBe('there');
  });
});
