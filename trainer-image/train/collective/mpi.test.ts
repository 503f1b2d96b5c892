/** Workers as real processes of this machine, started by MPI's launcher. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type RanksRun, runRanks, whyNoRanks } from '../../../test/support/mpi/run-ranks.ts';

const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

/** Nothing, one number, fewer than there are workers, odd ones, and more than one chunk. */
const LENGTHS = [0, 1, 5, 1000, 100_003, 2 ** 22 + 5];
const RESNET_50 = 35_000_000;

interface SumLine {
  readonly length: number;
  readonly hash: string;
  readonly error?: number;
  readonly outOfOrder?: number;
}

function isSumLine(line: unknown): line is SumLine {
  return typeof line === 'object' && line !== null && 'length' in line && 'hash' in line;
}

/** What a worker said of its sums; fails with everything that was said. */
function sumsOf(run: RanksRun): readonly (readonly SumLine[])[] {
  expect([run.code, run.rest]).toEqual([0, []]);
  return run.said.map((lines) => lines.filter(isSumLine));
}

/** By length: the hashes that any worker had at any time. */
function hashesOf(run: RanksRun): Readonly<Record<string, readonly string[]>> {
  const lines = sumsOf(run).flat();
  return Object.fromEntries(
    lines.map(({ length }) => [
      length,
      [...new Set(lines.filter((line) => line.length === length).map(({ hash }) => hash))],
    ]),
  );
}

function expectSumsInOrder(run: RanksRun): void {
  for (const { length, error, outOfOrder } of sumsOf(run).flat()) {
    if (error !== undefined) {
      expect({ length, outOfOrder, isClose: error < 1e-6 }).toEqual({ length, outOfOrder: 0, isClose: true });
    }
  }
}

describeIfPossible('several workers', () => {
  test.each([2, 3, 4, 8])(
    'of %i: sums are those in the order of the ranks, with the same bits on all and every time',
    async (workers) => {
      const lengths = workers === 8 ? LENGTHS.slice(0, -1) : LENGTHS;
      const run = await runRanks(workers, ['sums', lengths.join(','), '3']);
      expectSumsInOrder(run);
      expect(sumsOf(run).map((lines) => lines.length)).toEqual(run.said.map(() => 3 * lengths.length));
      expect(Object.values(hashesOf(run)).map((hashes) => hashes.length)).toEqual(lengths.map(() => 1));
    },
  );

  test('have the same sums when they are started again', async () => {
    const again = [0, 1].map(() => runRanks(3, ['sums', '5,100003', '1']));
    const [one, other] = (await Promise.all(again)).map(hashesOf);
    expect(one).toEqual(other);
  });

  test('add up the gradients of a real network', async () => {
    const run = await runRanks(2, ['sums', String(RESNET_50), '2']);
    expectSumsInOrder(run);
    expect(hashesOf(run)[RESNET_50]).toHaveLength(1);
  });

  test('add up numbers, take those of the first, and wait for each other', async () => {
    const { code, said } = await runRanks(3, ['others']);
    const line = { numbers: [3, 0.1 + 0.2 + 0.1 * 3, 3] };
    const bytes = { bytes: [1003, 255, 0, 21] };
    const texts = { texts: ['größe ', '', 'größe xx'] };
    const each = [line, { broadcast: [5] }, bytes, texts, { closed: true }];
    expect([code, said]).toEqual([0, [each, each, each]]);
  });

  test('keep their event loops while they wait', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ranks-'));
    try {
      const { code, said } = await runRanks(2, ['lateRank', join(folder, 'went-round')]);
      expect([code, said.map(([line]) => line)]).toEqual([0, [{ sum: 2 }, { sum: 2 }]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describeIfPossible('a worker that', () => {
  test('hangs is an error of the others that names it, and the end of all', async () => {
    const { code, said, ranks } = await runRanks(3, ['stop'], { MULTIGRID_TEST_LIMIT_MS: '4000' });
    expect(code).toBe(75);
    expect(ranks).not.toContainEqual({ kind: 'exited', code: 0 });
    const errors = said.flat().filter((line) => JSON.stringify(line).includes('error'));
    expect(errors.length).toBeGreaterThanOrEqual(1);
    for (const error of errors) {
      expect(error).toEqual({
        error: {
          name: 'RanksSilentError',
          message: expect.stringMatching(/^rank [01] waited 4 s for rank 2 \(sumNumbers of 1 numbers\): /),
        },
      });
    }
  });

  test('has another list is refused by all, with what both have', async () => {
    const { code, rest } = await runRanks(3, ['differ']);
    expect(code).toBe(1);
    expect(rest.join('\n')).toMatch(
      /WorkersDifferError: rank 0 and rank 2 do not have the same training list: 100 videos there, 99 videos here/,
    );
  });

  test('is slow is waited for while it is alive, and says to the first why it fails', async () => {
    const { code, said } = await runRanks(3, ['slowThenFails'], { MULTIGRID_TEST_LIMIT_MS: '3000' });
    expect(code).toBe(65);
    expect(said[0]).toEqual([{ together: true }, { lastWords: 'out of luck' }]);
  });

  test('is killed takes the others along', async () => {
    const { code, ranks } = await runRanks(3, ['kill']);
    expect(code).not.toBe(0);
    expect(ranks[2]).not.toEqual({ kind: 'exited', code: 0 });
  });

  test.each([
    ['exit', 64],
    ['exitWell', 70],
    ['throw', 1],
  ])('ends early (%s) takes the others along with exit code %i', async (how, exitCode) => {
    const { code, ranks, rest } = await runRanks(2, [how]);
    expect(code).toBe(exitCode);
    expect(ranks).not.toContainEqual({ kind: 'exited', code: 0 });
    expect(rest.join('\n').includes('out of luck')).toBe(how === 'throw');
  });

  test('does something else is found out before any number is mixed up', async () => {
    const { code, said } = await runRanks(2, ['disagree']);
    expect(code).toBe(75);
    expect(JSON.stringify(said)).toMatch(
      /RanksDisagreeError.*is at collective 2, sumNumbers of [12] numbers, rank [01] at collective 2, sumNumbers of [12]/,
    );
  });
});
