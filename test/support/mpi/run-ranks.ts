/**
 * Real ranks for tests. In: how many, and a scenario of `rank.ts` or another program. Out: what each rank said, and how all of them ended. Where MPICH
 * is not installed, the reason.
 */
import { join } from 'node:path';
import { findMpich } from '../../../trainer-image/mpi/find-mpich.ts';
import { MpiMissingError } from '../../../trainer-image/mpi/mpi-errors.ts';
import { environmentOfRanks, type RanksEnd, startRanks } from '../../../trainer-image/mpi/start-ranks.ts';

export interface RanksRun extends RanksEnd {
  /** By rank: its lines of JSON. */
  readonly said: readonly (readonly unknown[])[];
  /** Everything else, for messages. */
  readonly rest: readonly string[];
}

const RANK = join(import.meta.dirname, 'rank.ts');
/** The program of a rank whose batch-norm groups span ranks. */
export const SPAN_RANK = join(import.meta.dirname, 'span-rank.ts');

/** Null: ranks can be started. */
export function whyNoRanks(): string | null {
  try {
    findMpich();
    return null;
  } catch (error) {
    if (error instanceof MpiMissingError) {
      return error.message;
    }
    throw error;
  }
}

export async function runRanks(
  ranks: number,
  scenario: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = RANK,
): Promise<RanksRun> {
  const said: unknown[][] = Array.from({ length: ranks }, () => []);
  const rest: string[] = [];
  const running = startRanks(
    {
      ...{ mpiexec: findMpich().mpiexec, file: process.execPath, args: [program, ...scenario], ranks },
      env: { ...environmentOfRanks(process.env), ...env },
    },
    ({ rank, text }) => {
      if (rank !== null && text.startsWith('{')) {
        const line: unknown = JSON.parse(text);
        said[rank]?.push(line);
      } else {
        rest.push(text);
      }
    },
  );
  return { ...(await running.ended), said, rest };
}
