/**
 * The workers of a job on one machine, as ranks of MPI's launcher. In: how many, their environment, and the wish to stop. Out: their
 * lines, each with its rank, and an exit code as one trainer would have.
 */
import { fileURLToPath } from 'node:url';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { EXIT, STOPPED } from '../../multigrid/contract/exit-codes.ts';
import { type EndOfRanks, endOfRanks } from '../mpi/end-of-ranks.ts';
import { findMpich } from '../mpi/find-mpich.ts';
import { attributed, environmentOfRanks, startRanks } from '../mpi/start-ranks.ts';
import type { Environment } from '../world.ts';

export interface Launch {
  readonly workers: number;
  readonly env: Environment;
  /** Aborts when the workers are to save and end. */
  readonly stop: AbortSignal;
  readonly write: (line: string) => void;
}

const TRAINER = fileURLToPath(new URL('../main.ts', import.meta.url));

/**
 * @returns the exit code
 * @throws MpiMissingError, LauncherFailedError
 */
export async function launchRanks({ workers, env, stop, write }: Launch): Promise<number> {
  const { mpiexec } = findMpich(env[TRAINER_ENV.mpich]);
  let isHeard = false;
  const passOn = (): void => {
    if (stop.aborted) {
      ranks.kill('SIGTERM');
    }
  };
  const ranks = startRanks(
    {
      ...{ mpiexec, file: process.execPath, args: [TRAINER], ranks: workers },
      env: environmentOfRanks(env),
    },
    (line) => {
      write(attributed(line));
      if (!isHeard && line.rank !== null) {
        isHeard = true;
        // A launcher that still waits for its proxies loses signals.
        passOn();
      }
    },
  );
  passOn();
  stop.addEventListener('abort', passOn);
  try {
    const end = endOfRanks(await ranks.ended);
    if (end.kind === 'killed' || end.kind === 'unknown') {
      write(end.why);
    }
    return exitCodeOf(end, stop.aborted);
  } finally {
    stop.removeEventListener('abort', passOn);
  }
}

/** @param isStopping - the ranks, and so their launcher, have been told to end */
export function exitCodeOf(end: EndOfRanks, isStopping: boolean): number {
  if (end.kind === 'done') {
    return 0;
  }
  if (end.kind !== 'said' && isStopping) {
    // One that has just begun knows no better answer to the signal than to end by it.
    return STOPPED;
  }
  return end.code ?? EXIT.internal;
}
