import { describe, expect, test } from '@jest/globals';
import type { RankEnd } from '../mpi/rank-ends.ts';
import { endOfRanks } from './end-of-ranks.ts';

const lost: RankEnd = { kind: 'lost' };
const killed = (signal: number): RankEnd => ({ kind: 'killed', signal });
const exited = (code: number): RankEnd => ({ kind: 'exited', code });

describe('the one end of several workers', () => {
  test('is well when all ended well', () => {
    expect(endOfRanks({ code: 0, ranks: [exited(0), exited(0)] })).toEqual({ exitCode: 0, sentence: null });
  });

  test('has the exit code that a worker said, also where its last line was lost', () => {
    const aborted: RankEnd = { kind: 'aborted', code: 65 };
    expect(endOfRanks({ code: 65, ranks: [killed(9), aborted] })).toEqual({ exitCode: 65, sentence: null });
    expect(endOfRanks({ code: 143, ranks: [exited(143), exited(143)] }).exitCode).toBe(143);
    expect(endOfRanks({ code: 65, ranks: [lost, killed(9)] })).toEqual({ exitCode: 65, sentence: null });
  });

  test('is that of the worker that was killed first, as far as it can be told', () => {
    const { exitCode, sentence } = endOfRanks({ code: 9, ranks: [lost, killed(9), killed(11)] });
    expect(exitCode).toBe(128 + 11);
    expect(sentence).toMatch(/rank 1 by SIGKILL .*, rank 2 by SIGSEGV/);
    expect(endOfRanks({ code: 9, ranks: [killed(9), lost] }).exitCode).toBe(137);
  });

  test('is a fault of its own when nobody knows how they ended', () => {
    expect(endOfRanks({ code: null, ranks: [lost, lost] }).exitCode).toBe(70);
  });
});
