import { describe, expect, test } from '@jest/globals';
import { AwaitedRanks } from './awaited-ranks.ts';
import { BEATS } from './watchdog.ts';

function beats(ranks: AwaitedRanks, count: number, meanwhile: () => void = () => undefined): number {
  let silent = 0;
  for (let beat = 0; beat < count; beat += 1) {
    meanwhile();
    silent = ranks.beat();
  }
  return silent;
}

describe('the silence of ranks that are waited for', () => {
  test('counts for the one that is silent, also while another gives signs of life', () => {
    const ranks = new AwaitedRanks(4);
    ranks.awaited.set([0, 1, 1, 0]);
    ranks.begin();
    const silent = beats(ranks, BEATS, () => {
      Atomics.add(ranks.heard, 1, 1);
    });
    expect([silent, ranks.silentRanks()]).toEqual([BEATS, [2]]);
  });

  test('is over with a sign of life, and nobody counts who is not waited for', () => {
    const ranks = new AwaitedRanks(3);
    ranks.awaited.set([0, 0, 1]);
    ranks.begin();
    expect(beats(ranks, BEATS - 1)).toBe(BEATS - 1);
    Atomics.add(ranks.heard, 2, 1);
    expect(ranks.beat()).toBe(0);
    expect(ranks.silentRanks()).toEqual([]);
  });

  test('begins anew with a new wait', () => {
    const ranks = new AwaitedRanks(2);
    ranks.awaited.set([0, 1]);
    ranks.begin();
    beats(ranks, BEATS - 1);
    ranks.begin();
    expect(ranks.beat()).toBe(1);
  });

  test('is counted inside a call of MPI too, where nobody knows who is waited for', () => {
    const ranks = new AwaitedRanks(2);
    ranks.begin();
    expect([beats(ranks, BEATS), ranks.silentRanks()]).toEqual([BEATS, []]);
  });
});
