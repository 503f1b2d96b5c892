/**
 * Whether MPI's launcher started this process, and which of how many it is. In: environment variables that hydra sets. Out: the
 * number of ranks, and the place among those of this machine (in a pod: of the pod). Pure.
 */
import { MpiMissingError } from './mpi-errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A process among those that share a machine. */
export interface LocalPlace {
  /** From 0. */
  readonly index: number;
  readonly size: number;
}

/** Ranks that were started together; null in a process that nobody started as one. @throws MpiMissingError */
export function launchedRanks(env: Environment): number | null {
  return env['PMI_SIZE'] === undefined ? null : numberIn(env, 'PMI_SIZE', 1);
}

/** @throws MpiMissingError */
export function localPlace(env: Environment): LocalPlace {
  return launchedRanks(env) === null
    ? { index: 0, size: 1 }
    : { index: numberIn(env, 'MPI_LOCALRANKID', 0), size: numberIn(env, 'MPI_LOCALNRANKS', 1) };
}

/** Which of the ranks this process is, from 0; null in one that nobody started as one. @throws MpiMissingError */
export function launchedRank(env: Environment): number | null {
  return launchedRanks(env) === null ? null : numberIn(env, 'PMI_RANK', 0);
}

function numberIn(env: Environment, name: string, least: number): number {
  const text = env[name] ?? '';
  if (!/^\d+$/.test(text) || Number(text) < least) {
    throw new MpiMissingError(
      `the variable ${name} is "${text}", not a number from ${least}: start the ranks by hydra`,
    );
  }
  return Number(text);
}
