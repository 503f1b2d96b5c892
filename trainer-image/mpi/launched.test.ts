import { expect, test } from '@jest/globals';
import { launchedRanks, localRank } from './launched.ts';

test('a rank knows from hydra how many there are and which it is on its machine', () => {
  const env = { PMI_SIZE: '6', PMI_RANK: '4', MPI_LOCALRANKID: '1' };
  expect([launchedRanks(env), localRank(env)]).toEqual([6, 1]);
});

test('a process that nobody started as a rank is the first on its machine', () => {
  expect([launchedRanks({}), localRank({})]).toEqual([null, 0]);
});
