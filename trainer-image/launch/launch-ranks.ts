/**
 * The workers of a job on one machine, as ranks of MPI's launcher. In: how many, their environment, and the wish to stop. Out: their
 * lines, each with its rank, and an exit code as one trainer would have.
 */
import { fileURLToPath } from 'node:url';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { endOfRanks } from '../mpi/end-of-ranks.ts';
import { findMpich } from '../mpi/find-mpich.ts';
import { environmentOfRanks, type RankLine, startRanks } from '../mpi/start-ranks.ts';
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
 * @throws MpiMissingError, or what the system says when the launcher cannot be started.
 */
export async function launchRanks({ workers, env, stop, write }: Launch): Promise<number> {
  const { mpiexec } = findMpich(env[TRAINER_ENV.mpich]);
  const ranks = startRanks(
    {
      ...{ mpiexec, file: process.execPath, args: [TRAINER], ranks: workers },
      env: environmentOfRanks(env),
    },
    (line) => {
      write(attributed(line));
    },
  );
  const passOn = (): void => {
    ranks.kill('SIGTERM');
  };
  if (stop.aborted) {
    passOn();
  }
  stop.addEventListener('abort', passOn);
  try {
    const end = endOfRanks(await ranks.ended);
    if (end.kind === 'done') {
      return 0;
    }
    if (end.kind !== 'said') {
      write(end.why);
    }
    return end.code ?? EXIT.internal;
  } finally {
    stop.removeEventListener('abort', passOn);
  }
}

/** Lines of the trainer's log name their rank themselves. */
function attributed({ rank, text }: RankLine): string {
  return rank === null || text.startsWith('{') ? text : `[rank ${rank}] ${text}`;
}
