/**
 * Whether MPI's launcher started this process, and how many with it. In: environment variables that hydra sets. Out: the number
 * of ranks, and the place of this one among those of its machine. Pure.
 */
import { MpiMissingError } from './mpi-errors.ts';

/** Which of the ranks on its machine, or in its pod, this process is, from 0. */
export function localRank(env: Readonly<Record<string, string | undefined>>): number {
  return Number(env['MPI_LOCALRANKID'] ?? 0);
}

/** Ranks that were started together; null in a process that nobody started as one. @throws MpiMissingError */
export function launchedRanks(env: Readonly<Record<string, string | undefined>>): number | null {
  const size = env['PMI_SIZE'];
  if (size === undefined) {
    return null;
  }
  if (!/^[1-9]\d*$/.test(size)) {
    throw new MpiMissingError(
      `the variable PMI_SIZE is "${size}", not a number of ranks: start the ranks by hydra`,
    );
  }
  return Number(size);
}
