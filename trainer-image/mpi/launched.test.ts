import { expect, test } from '@jest/globals';
import { launchedRank, launchedRanks, localPlace } from './launched.ts';

test('a rank knows from hydra how many there are and which it is, in all and on its machine', () => {
  const env = { PMI_SIZE: '6', PMI_RANK: '4', MPI_LOCALRANKID: '1', MPI_LOCALNRANKS: '3' };
  expect([launchedRanks(env), launchedRank(env), localPlace(env)]).toEqual([6, 4, { index: 1, size: 3 }]);
});

test('a process that nobody started as a rank is the only one on its machine', () => {
  expect([launchedRanks({}), launchedRank({}), localPlace({})]).toEqual([null, null, { index: 0, size: 1 }]);
});

test('a launcher that says nonsense is refused', () => {
  expect(() => launchedRank({ PMI_SIZE: '2', PMI_RANK: 'first' })).toThrow(/PMI_RANK is "first"/);
  expect(() => localPlace({ PMI_SIZE: '2', PMI_RANK: '1' })).toThrow(/MPI_LOCALRANKID is ""/);
});
