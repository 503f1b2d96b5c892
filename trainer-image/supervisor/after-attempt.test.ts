/** What follows an end, by who ended it and whether training had got on. */
import { describe, expect, test } from '@jest/globals';
import type { RankEnd } from '../mpi/rank-ends.ts';
import { afterAttempt, type AttemptEnd, type Circumstances } from './after-attempt.ts';

const USUAL: Circumstances = { isStopping: false, isWorkerLeaving: false, hasGotOn: true };

function ended(code: number | null, ...ranks: readonly RankEnd[]): AttemptEnd {
  return { kind: 'ended', end: { code, ranks } };
}

const LOST: RankEnd = { kind: 'lost' };
const KILLED = ended(9, LOST, { kind: 'killed', signal: 9 });
const STOPPED = ended(143, ...[0, 1].map((): RankEnd => ({ kind: 'exited', code: 143 })));

describe('after an attempt', () => {
  test('that came to its end the job is done', () => {
    expect(afterAttempt(ended(0, { kind: 'exited', code: 0 }), USUAL)).toEqual({ kind: 'done' });
  });

  test.each([
    ['a rank was killed', KILLED],
    ['a worker was lost', { kind: 'cut', why: 'worker 1 is gone' } as const],
    ['a rank waited in vain for another one', ended(75, { kind: 'aborted', code: 75 }, LOST)],
    ['nobody knows', ended(255, LOST, LOST)],
  ])('in which %s the ranks start again, as long as training gets on', (_, end) => {
    expect(afterAttempt(end, USUAL).kind).toBe('again');
    expect(afterAttempt(end, { ...USUAL, hasGotOn: false })).toMatchObject({ kind: 'end' });
  });

  test('the exit code that the operator gets is that of the rank that ended first, as far as it is known', () => {
    const inVain = { ...USUAL, hasGotOn: false };
    expect(afterAttempt(KILLED, inVain)).toMatchObject({ code: 137, why: expect.stringContaining('rank 1') });
    expect(afterAttempt(ended(70, LOST, { kind: 'aborted', code: 70 }), inVain)).toMatchObject({ code: 70 });
  });

  test.each([64, 65, 69, 70, 74])('that a rank ended with %d the operator has its say', (code) => {
    const end = ended(code, { kind: 'aborted', code }, LOST);
    for (const isStopping of [false, true]) {
      expect(afterAttempt(end, { ...USUAL, isStopping })).toMatchObject({ kind: 'end', code });
    }
  });

  test('of a job that is told to stop the pod ends as a trainer does, whatever became of the ranks', () => {
    for (const end of [STOPPED, KILLED]) {
      expect(afterAttempt(end, { ...USUAL, isStopping: true })).toMatchObject({ kind: 'end', code: 143 });
    }
  });

  test('that ended because a worker was told to go nothing is counted', () => {
    const leaving = { isStopping: false, isWorkerLeaving: true, hasGotOn: false };
    expect(afterAttempt(STOPPED, leaving).kind).toBe('again');
  });
});
