/**
 * Whether ranks can work together on this machine: two of them are started and add up two numbers. In: where MPICH is. Out: its
 * version. A machine that cannot do it says why.
 */
import { fileURLToPath } from 'node:url';
import { endsWithin } from '../../timing/timers.ts';
import { findMpich } from './find-mpich.ts';
import { MpiMissingError } from './mpi-errors.ts';
import { environmentOfRanks, startRanks } from './start-ranks.ts';

const RANK = fileURLToPath(new URL('check-rank.ts', import.meta.url));
const LIMIT_MS = 60_000;

export interface MpiCheck {
  readonly version: string;
  readonly library: string;
}

/**
 * @param folder - of MPICH, when it is not the installed one
 * @throws MpiMissingError with what is missing, or what the two ranks said.
 */
export async function checkMpi(folder?: string): Promise<MpiCheck> {
  const { mpiexec, library } = findMpich(folder);
  const said: string[] = [];
  const ranks = startRanks(
    {
      ...{ mpiexec, ranks: 2, file: process.execPath, args: [RANK, library] },
      env: environmentOfRanks(process.env),
    },
    ({ text }) => {
      said.push(text);
    },
  );
  if (!(await endsWithin(LIMIT_MS, ranks.ended))) {
    ranks.kill('SIGKILL');
  }
  const { code } = await ranks.ended;
  const version = said.map((text) => /^(.+) adds up$/.exec(text)?.[1]).find((found) => found !== undefined);
  if (code !== 0 || version === undefined) {
    throw new MpiMissingError(
      `two ranks of ${mpiexec} ended with ${code ?? 'a signal'} instead of a sum: ${said.join(' ').trim()}`,
    );
  }
  return { version, library };
}
