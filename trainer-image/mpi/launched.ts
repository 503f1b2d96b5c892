/**
 * Whether MPI's launcher started this process, and how many with it. In: environment variables that hydra sets. Out: the number
 * of ranks. Pure.
 */
import { MpiMissingError } from './mpi-errors.ts';

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
