import { describe, expect, test } from '@jest/globals';
import { endOfRanks } from './end-of-ranks.ts';
import type { RankEnd } from './rank-ends.ts';

const lost: RankEnd = { kind: 'lost' };
const killed = (signal: number): RankEnd => ({ kind: 'killed', signal });
const exited = (code: number): RankEnd => ({ kind: 'exited', code });
const aborted = (code: number): RankEnd => ({ kind: 'aborted', code });

describe('the one end of several ranks', () => {
  test('is well when all ended well', () => {
    expect(endOfRanks({ code: 0, ranks: [exited(0), exited(0)] })).toEqual({ kind: 'done' });
  });

  test('has the exit code that a rank said, also where its last line was lost', () => {
    expect(endOfRanks({ code: 65, ranks: [killed(9), aborted(65)] })).toMatchObject({
      kind: 'said',
      code: 65,
    });
    expect(endOfRanks({ code: 143, ranks: [exited(143), exited(143)] })).toMatchObject({ code: 143 });
    expect(endOfRanks({ code: 65, ranks: [lost, killed(9)] })).toMatchObject({ kind: 'said', code: 65 });
    // One that was killed while the others were asked to stop.
    expect(endOfRanks({ code: 9, ranks: [exited(143), killed(9)] })).toMatchObject({
      kind: 'killed',
      code: 137,
    });
  });

  test('is that of the rank that was killed first, as far as it can be told', () => {
    const end = endOfRanks({ code: 9, ranks: [lost, killed(9), killed(11)] });
    expect(end).toMatchObject({ kind: 'killed', code: 128 + 11 });
    expect(end).toMatchObject({ why: expect.stringMatching(/rank 1 by SIGKILL .*, rank 2 by SIGSEGV/) });
    expect(endOfRanks({ code: 9, ranks: [killed(9), lost] })).toMatchObject({ kind: 'killed', code: 137 });
  });

  test('is not known when nobody says how they ended', () => {
    expect(endOfRanks({ code: null, ranks: [lost, lost] })).toMatchObject({ kind: 'unknown', code: null });
    expect(endOfRanks({ code: 255, ranks: [lost, lost] })).toMatchObject({ kind: 'unknown', code: 255 });
  });
});
