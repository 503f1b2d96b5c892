/**
 * The processes of a run, as the system shows them. In: the run's folder. Out: their ids, each with its rank among several workers.
 * What only says that a process waits to be collected is left out.
 */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessOfRun {
  readonly pid: number;
  /** Null: no worker among several. */
  readonly rank: number | null;
}

export async function processesOfRun(outputDir: string): Promise<readonly ProcessOfRun[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid): Promise<readonly ProcessOfRun[]> => {
      const [environment = '', stat = ''] = await Promise.all(
        ['environ', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      const variables = environment.split('\0');
      if (!variables.includes(`MULTIGRID_OUTPUT=${outputDir}`) || stat.includes(') Z ')) {
        return [];
      }
      const rank = variables.map((variable) => /^PMI_RANK=(\d+)$/.exec(variable)?.[1]).find(Boolean);
      return [{ pid, rank: rank === undefined ? null : Number(rank) }];
    }),
  );
  return found.flat();
}
