/** The exit code of workers of one machine, where the wish to stop plays a part. */
import { describe, expect, test } from '@jest/globals';
import { endOfRanks } from '../mpi/end-of-ranks.ts';
import type { RankEnd } from '../mpi/rank-ends.ts';
import { exitCodeOf } from './launch-ranks.ts';

const LOST: RankEnd = { kind: 'lost' };

describe('workers of one machine that are told to stop', () => {
  test.each([
    ['the launcher had just begun', { code: null, ranks: [LOST, LOST] }, 70],
    ['a rank had just begun', { code: 15, ranks: [LOST, { kind: 'killed', signal: 15 } as const] }, 143],
    ['one of them was killed', { code: 9, ranks: [LOST, { kind: 'killed', signal: 9 } as const] }, 137],
  ])('have stopped, also when %s', (_, end, otherwise) => {
    expect(exitCodeOf(endOfRanks(end), true)).toBe(143);
    expect(exitCodeOf(endOfRanks(end), false)).toBe(otherwise);
  });

  test('end with the code that one of them says', () => {
    const end = endOfRanks({ code: 65, ranks: [{ kind: 'aborted', code: 65 }, LOST] });
    expect(exitCodeOf(end, true)).toBe(65);
  });

  test('have come to their end when they have', () => {
    expect(exitCodeOf(endOfRanks({ code: 0, ranks: [] }), true)).toBe(0);
  });
});
