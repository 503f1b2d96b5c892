/**
 * What a program of a test or a benchmark is that MPI's launcher started. In: the environment that it was started with. Out: its
 * communicator, and a way to say things to whoever started the ranks.
 */
import { env, stdout } from 'node:process';
import { Communicator } from '../../../trainer-image/mpi/communicator.ts';
import { findMpich } from '../../../trainer-image/mpi/find-mpich.ts';
import { launchedRanks } from '../../../trainer-image/mpi/launched.ts';

export const START_LIMIT_MS = 120_000;
/** For a rank that is waited for and gives no sign of life, unless a test says otherwise. */
export const LIMIT_MS = Number(env['MULTIGRID_TEST_LIMIT_MS'] ?? START_LIMIT_MS);

export function openThisRank(limitMs = LIMIT_MS): Promise<Communicator> {
  const size = launchedRanks(env) ?? 1;
  return Communicator.open({ library: findMpich().library, size, startLimitMs: START_LIMIT_MS, limitMs });
}

/** A line of JSON. */
export function say(line: object): void {
  stdout.write(`${JSON.stringify(line)}\n`);
}
