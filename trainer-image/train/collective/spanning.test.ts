/** Batch-norm groups with clips of several workers: who exchanges what with whom, and real ranks against one process. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RanksRun, runRanks, SPAN_RANK, whyNoRanks } from '../../../test/support/mpi/run-ranks.ts';
import type { SpanningRequest } from '../../../test/support/mpi/spanning-step.ts';
import { smoothZooNetwork } from '../../../test/support/smooth-network.ts';
import { spanningOf } from './spanning.ts';

const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

const anyBatch = fc
  .record({ groups: fc.integer({ min: 1, max: 6 }), groupClips: fc.integer({ min: 1, max: 9 }) })
  .map(({ groups, groupClips }) => ({ clips: groups * groupClips, groups }));

describe('groups that span workers', () => {
  test('have all their clips, once, in the same words on every rank', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(), (batch, draw) => {
        const workers = 1 + (draw % batch.clips);
        const set = { workers, acrossWorkers: 'Synchronize' } as const;
        const all = Array.from({ length: workers }, (_, rank) => spanningOf(batch, rank, set));
        expect(new Set(all.map((spanning) => spanning === null))).toEqual(new Set([batch.groups >= workers]));
        const byHolders = new Map<string, number>();
        all.forEach((spanning, rank) => {
          const { shape, groups } = spanning ?? { shape: null, groups: [] };
          expect(groups.reduce((sum, { pieces }) => sum + pieces, 0)).toBe(shape?.groups ?? 0);
          for (const { pieces, holders } of groups) {
            expect(holders.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
            const own = holders.find((holder) => holder.rank === rank)!;
            expect(own.scale).toBe(1);
            expect(own.weight * shape!.spanningClips!).toBeCloseTo(
              (pieces * shape!.clips) / shape!.groups,
              9,
            );
            const told = holders.map((holder) => [holder.rank, holder.weight]);
            const key = JSON.stringify(told);
            byHolders.set(key, (byHolders.get(key) ?? 0) + 1);
          }
        });
        // Every holder tells of a group in the same words; groups may have the same holders.
        byHolders.forEach((times, key) => {
          const holders: unknown = JSON.parse(key);
          expect(times % (Array.isArray(holders) ? holders.length : 0)).toBe(0);
        });
      }),
    );
  });

  test('are none where every worker is to have statistics of its own', () => {
    expect(spanningOf({ clips: 8, groups: 1 }, 0, { workers: 4, acrossWorkers: 'Never' })).toBeNull();
  });

  test('are exchanged no more often where blocks are computed twice', () => {
    const shape = { clips: 2, groups: 1, spanningClips: 4, frames: 2, cropSize: 8 };
    const [plain, twice] = [false, true].map((recomputes) =>
      smoothZooNetwork().trainingGraph(shape, { recomputes }),
    );
    expect(twice!.exchanges).toEqual(plain!.exchanges);
    expect(twice!.model.length).toBeGreaterThan(plain!.model.length);
    expect(plain!.valuesPerGroup.get('stem.norm')).toBe(4 * 2 * 4 * 4);
  });
});

interface Found {
  readonly exchanges: number;
  readonly loss: number;
  readonly gradients: number;
  readonly statistics: number;
}

interface Statistics {
  readonly holders: readonly number[];
  readonly statistics: readonly number[];
  readonly isTheSameAgain: boolean;
}

function span(ranks: number, request: SpanningRequest, trouble = '', limitMs = 60_000): Promise<RanksRun> {
  return runRanks(
    ranks,
    [JSON.stringify(request), trouble],
    { MULTIGRID_TEST_LIMIT_MS: String(limitMs) },
    SPAN_RANK,
  );
}

function linesOf<Line extends object>(run: RanksRun, key: keyof Line & string): readonly Line[] {
  return run.said
    .flat()
    .filter((line): line is Line => typeof line === 'object' && line !== null && key in line);
}

/** What rank 0 found; all ranks of a group had the same statistics, bit for bit, and both steps the same numbers. */
function foundBy(run: RanksRun): Found {
  expect([run.code, run.rest]).toEqual([0, []]);
  const byHolders = new Map<string, Set<string>>();
  for (const { holders, statistics, isTheSameAgain } of linesOf<Statistics>(run, 'holders')) {
    expect(isTheSameAgain).toBe(true);
    const key = holders.join();
    byHolders.set(key, (byHolders.get(key) ?? new Set()).add(statistics.join()));
  }
  expect([...byHolders.values()].map((different) => different.size)).toEqual([...byHolders].map(() => 1));
  return linesOf<Found>(run, 'gradients')[0]!;
}

describeIfPossible('ranks that share groups', () => {
  test.each<[string, number, SpanningRequest]>([
    ['evenly', 2, { network: 'zoo', clips: 4, groups: 1 }],
    ['3 + 3 + 2', 3, { network: 'zoo', clips: 8, groups: 1 }],
    ['two and two', 4, { network: 'zoo', clips: 8, groups: 2 }],
    ['from the middle of a rank on', 3, { network: 'file', clips: 16, groups: 2 }],
    ['one of which is alone with one', 3, { network: 'file', clips: 4, groups: 2 }],
    ['with blocks computed twice', 3, { network: 'zoo', clips: 8, groups: 2, recomputes: true }],
    ['in a network of the zoo', 4, { network: 'slowFast', clips: 8, groups: 2 }],
  ])('%s have the numbers of one process (%i ranks)', async (_how, ranks, request) => {
    const { loss, gradients, statistics } = foundBy(await span(ranks, request));
    expect(loss).toBeLessThan(1e-6);
    expect(gradients).toBeLessThan(1e-5);
    expect(statistics).toBeLessThan(1e-6);
  });

  test('have them in mixed precision, as far as half precision goes', async () => {
    const { gradients, statistics } = foundBy(
      await span(2, { network: 'zoo', clips: 6, groups: 1, precision: 'mixed' }),
    );
    expect(gradients).toBeLessThan(2e-3);
    expect(statistics).toBeLessThan(1e-4);
  });

  const SHARED = { network: 'zoo', clips: 8, groups: 1 } as const;

  test('learn that one of them failed in the middle of the graph, and can do the step again', async () => {
    const run = await span(3, SHARED, 'fail');
    expect(foundBy(run).gradients).toBeLessThan(1e-5);
    const message = 'rank 2 could not run its part of the step; see its log';
    expect(run.said.map(([line]) => line)).toEqual([
      { error: { name: 'RankFailedError', message } },
      { error: { name: 'RankFailedError', message } },
      { error: { name: 'Error', message: 'out of luck' } },
    ]);
  });

  test('run again with the one that had no room', async () => {
    const run = await span(3, SHARED, 'short');
    expect(foundBy(run).gradients).toBeLessThan(1e-5);
    expect(run.said.map(([line]) => line)).toEqual([{ tries: 2 }, { tries: 2 }, { tries: 2 }]);
  });

  test('end when one of them hangs in the middle of the graph, and name it', async () => {
    const run = await span(3, SHARED, 'stop', 4000);
    expect(run.code).toBe(75);
    expect(run.ranks).not.toContainEqual({ kind: 'exited', code: 0 });
    expect(JSON.stringify(run.said)).toMatch(/rank [01] waited 4 s for rank 2 \(the exchanges of a step\)/);
  });

  test.each([
    ['is killed', 'kill', 9],
    ['ends', 'exit', 64],
  ])('end when one of them %s in the middle of the graph', async (_how, trouble, exitCode) => {
    const { code, ranks } = await span(3, SHARED, trouble);
    expect(code).toBe(exitCode);
    expect(ranks).not.toContainEqual({ kind: 'exited', code: 0 });
  });
});
