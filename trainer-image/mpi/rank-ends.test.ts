import { describe, expect, test } from '@jest/globals';
import { RankEnds } from './rank-ends.ts';

function endsOf(code: number | null, lines: readonly (readonly [number | null, string])[]): unknown {
  const ends = new RankEnds(3);
  for (const [rank, text] of lines) {
    ends.hear({ rank, text });
  }
  return ends.all(code);
}

const ABORT = 'Abort(75) on node 1 (rank 1 in comm 0): application called MPI_Abort(MPI_COMM_WORLD, 75)';

describe('how ranks ended', () => {
  test('is read from the statuses that the launcher lists, of one machine or of several', () => {
    const exited = (code: number): object => ({ kind: 'exited', code });
    expect(endsOf(0, [[null, '[mpiexec@a] Exit codes: [a] 0,0,0']])).toEqual([0, 0, 0].map(exited));
    expect(endsOf(7, [[null, '[mpiexec@a] Exit codes: [a] 1792,1792 [b] 768']])).toEqual(
      [7, 7, 3].map(exited),
    );
    const hosts = ['[mpiexec@a] Exit codes: [worker-0] 1792', '[worker-1] 1792', '[worker-2] 768'];
    expect(
      endsOf(
        7,
        hosts.map((line) => [null, line]),
      ),
    ).toEqual([7, 7, 3].map(exited));
  });

  test('is not known of those that went down with another', () => {
    expect(endsOf(9, [[null, '[mpiexec@a] Exit codes: [a] 0,9,15']])).toEqual([
      { kind: 'lost' },
      { kind: 'killed', signal: 9 },
      { kind: 'killed', signal: 15 },
    ]);
    expect(endsOf(75, [[1, ABORT]])).toEqual([
      { kind: 'lost' },
      { kind: 'aborted', code: 75 },
      { kind: 'lost' },
    ]);
    expect(endsOf(null, [])).toEqual([{ kind: 'lost' }, { kind: 'lost' }, { kind: 'lost' }]);
  });

  test('is not taken from what a rank writes of the launcher or of another rank', () => {
    const well = [0, 1, 2].map(() => ({ kind: 'exited', code: 0 }));
    expect(endsOf(0, [[2, '[mpiexec@a] Exit codes: [a] 9,9,9']])).toEqual(well);
    expect(endsOf(0, [[2, ABORT]])).toEqual(well);
  });
});
