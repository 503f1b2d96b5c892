/** The sharing-out rule for any batch, groups and workers: nothing is lost, nothing is done twice, groups stay what they are. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evenShares, rangeOf, rankOf } from './even-ranges.ts';
import { type GroupedBatch, type Share, shareOf, SharingError, sharingOf, type WorkerSet } from './share.ts';

const setting = fc
  .record({
    groups: fc.integer({ min: 1, max: 24 }),
    groupClips: fc.integer({ min: 1, max: 12 }),
    acrossWorkers: fc.constantFrom('Synchronize' as const, 'Never' as const),
  })
  .chain(({ groups, groupClips, acrossWorkers }) =>
    fc.record({
      batch: fc.constant({ clips: groups * groupClips, groups }),
      set: fc.record({
        workers: fc.integer({ min: 1, max: groups * groupClips }),
        acrossWorkers: fc.constant(acrossWorkers),
      }),
    }),
  );

function forAny(check: (shares: readonly Share[], batch: GroupedBatch, set: WorkerSet) => void): void {
  fc.assert(
    fc.property(setting, ({ batch, set }) => {
      check(sharesOf(batch, set), batch, set);
    }),
  );
}

function sharesOf(batch: GroupedBatch, set: WorkerSet): readonly Share[] {
  return Array.from({ length: set.workers }, (_, rank) => shareOf(batch, rank, set));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the shares of a step', () => {
  test('are the whole batch, in the order of the ranks, each position once', () => {
    forAny((shares, { clips }) => {
      let next = 0;
      for (const share of shares) {
        expect(share.clips.first).toBe(next);
        next += share.clips.count;
      }
      expect(next).toBe(clips);
    });
  });

  test('differ by at most one unit, and nobody goes without', () => {
    forAny((shares, batch, { workers }) => {
      const unit = sharingOf(batch, workers).unit === 'Group' ? batch.clips / batch.groups : 1;
      const counts = shares.map((share) => share.clips.count / unit);
      expect(counts.every((count) => Number.isInteger(count) && count >= 1)).toBe(true);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    });
  });

  test('weigh what their clips are of the batch, which makes one in all', () => {
    forAny((shares, { clips }) => {
      expect(sum(shares.map(({ weight }) => weight))).toBeCloseTo(1, 12);
      for (const share of shares) {
        expect(share.weight * clips).toBeCloseTo(share.clips.count, 9);
      }
    });
  });

  test('put every clip into the group that it has on one worker', () => {
    forAny((shares, batch, { workers, acrossWorkers }) => {
      fc.pre(acrossWorkers === 'Synchronize' || workers <= batch.groups);
      const groupClips = batch.clips / batch.groups;
      for (const { parts, clips } of shares) {
        expect(sum(parts.map((part) => part.clips.count))).toBe(clips.count);
        for (const { group, clips: own } of parts) {
          expect(Math.floor(own.first / groupClips)).toBe(group);
          expect(Math.floor((own.first + own.count - 1) / groupClips)).toBe(group);
        }
      }
    });
  });

  test('agree on who has clips of a group, and how many', () => {
    forAny((shares, { clips, groups }, { acrossWorkers, workers }) => {
      const all = shares.flatMap(({ parts }, rank) => parts.map((part) => ({ rank, ...part })));
      for (const { group, holders, rank, clips: own } of all) {
        const others = all.filter((other) => other.group === group);
        expect(holders).toEqual(others.map((other) => ({ rank: other.rank, clips: other.clips.count })));
        expect(holders).toContainEqual({ rank, clips: own.count });
        if (acrossWorkers === 'Synchronize' || workers <= groups) {
          expect(sum(holders.map((holder) => holder.clips))).toBe(clips / groups);
        }
      }
    });
  });

  test('keep groups whole while there is one for every worker, and else are parts of at most two', () => {
    forAny((shares, batch, { workers }) => {
      for (const { parts } of shares) {
        if (workers <= batch.groups) {
          expect(parts.every(({ holders }) => holders.length === 1)).toBe(true);
        } else {
          expect(parts.length).toBeLessThanOrEqual(2);
        }
      }
    });
  });

  test('let no group span workers where that is not wanted', () => {
    const alone = sharesOf({ clips: 16, groups: 2 }, { workers: 5, acrossWorkers: 'Never' });
    expect(alone.map(({ parts }) => parts)).toEqual(
      alone.map(({ clips }, rank) => [{ group: rank, clips, holders: [{ rank, clips: clips.count }] }]),
    );
  });

  test('are those of the published recipe of two clips a worker and groups of eight', () => {
    const shares = sharesOf({ clips: 16, groups: 2 }, { workers: 8, acrossWorkers: 'Synchronize' });
    const four = (first: number) => [0, 1, 2, 3].map((rank) => ({ rank: first + rank, clips: 2 }));
    expect(shares[5]).toEqual({
      clips: { first: 10, count: 2 },
      weight: 1 / 8,
      parts: [{ group: 1, clips: { first: 10, count: 2 }, holders: four(4) }],
    });
  });

  test('give a worker between two groups a part of both', () => {
    const shares = sharesOf({ clips: 16, groups: 2 }, { workers: 3, acrossWorkers: 'Synchronize' });
    expect(shares.map(({ clips }) => clips.count)).toEqual([6, 5, 5]);
    expect(shares[1]?.parts).toEqual([
      {
        group: 0,
        clips: { first: 6, count: 2 },
        holders: [
          { rank: 0, clips: 6 },
          { rank: 1, clips: 2 },
        ],
      },
      {
        group: 1,
        clips: { first: 8, count: 3 },
        holders: [
          { rank: 1, clips: 3 },
          { rank: 2, clips: 5 },
        ],
      },
    ]);
  });

  test('of one worker are everything', () => {
    forAny((_, batch, { acrossWorkers }) => {
      const share = shareOf(batch, 0, { workers: 1, acrossWorkers });
      expect(share).toMatchObject({ clips: { first: 0, count: batch.clips }, weight: 1 });
      expect(share.parts).toHaveLength(batch.groups);
    });
  });
});

describe('a batch that cannot be shared out', () => {
  const both = { workers: 2, acrossWorkers: 'Synchronize' } as const;

  test.each<[string, () => unknown, string]>([
    ['more workers than clips', () => sharingOf({ clips: 8, groups: 1 }, 9), 'use at most 8 of them'],
    ['groups of different sizes', () => sharingOf({ clips: 28, groups: 3 }, 2), 'divided into 3'],
    ['a rank that is none', () => shareOf({ clips: 8, groups: 1 }, 2, both), '2 workers have no rank 2'],
    ['half a rank', () => shareOf({ clips: 8, groups: 1 }, 0.5, both), 'no rank 0.5'],
  ])('is refused: %s', (_what, share, message) => {
    expect(share).toThrow(SharingError);
    expect(share).toThrow(message);
  });
});

test('things shared out evenly are found again at their rank, also when some ranks take none', () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 1, max: 200 }), (things, ranks) => {
      const shares = evenShares(things, ranks);
      let next = 0;
      for (let rank = 0; rank < ranks; rank += 1) {
        const range = rangeOf(shares, rank);
        expect(range.first).toBe(next);
        next += range.count;
        if (range.count > 0) {
          expect(rankOf(shares, range.first)).toBe(rank);
          expect(rankOf(shares, next - 1)).toBe(rank);
        }
      }
      expect(next).toBe(things);
    }),
  );
});
