/**
 * The options of the commands that train: how many workers, and where MPICH is. In: nothing. Out: options of commander, and what they
 * mean for a run.
 */
import { InvalidArgumentError, Option } from 'commander';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { wholeNumber } from './whole-number.ts';

/** As many as spec.workers.replicas may be. */
export const MAX_WORKERS = 4096;

export interface WorkerFlags {
  readonly workers?: number | undefined;
  readonly mpich?: string | undefined;
}

export function workersOption(): Option {
  return new Option(
    '--workers <n>',
    'processes that train together on this machine (default: spec.workers.replicas)',
  ).argParser(workerCount);
}

export function mpichOption(): Option {
  return new Option('--mpich <folder>', 'MPICH, when it is not the one of `npm run install:mpi`').env(
    TRAINER_ENV.mpich,
  );
}

/** What a command that goes on is to be given again, after a space; empty where the manifest says how many. */
export function workersText({ workers }: Pick<WorkerFlags, 'workers'>): string {
  return workers === undefined ? '' : ` --workers ${workers}`;
}

/** A flag's text as a number of workers, or the complaint that commander shows. */
export function workerCount(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > MAX_WORKERS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_WORKERS}.`);
  }
  return count;
}
