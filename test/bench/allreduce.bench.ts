/**
 * The sum of a block of gradients over ranks on this machine: in Node as the trainer does it, the same in C, and by one
 * MPI_Allreduce in C. Rounds are interleaved; ratios come first. Run:
 *
 *     npm run bench:allreduce -- [--ranks 2] [--floats 35000000] [--rounds 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMpich } from '../../trainer-image/mpi/find-mpich.ts';
import { environmentOfRanks, startRanks } from '../../trainer-image/mpi/start-ranks.ts';
import { median } from './engine/side.ts';

const { values: options } = parseArgs({
  options: {
    ranks: { type: 'string', default: '2' },
    floats: { type: 'string', default: '35000000' },
    rounds: { type: 'string', default: '5' },
  },
});

/** Of a launch; the first of them warms up. */
const REPETITIONS = 6;
const RANK = fileURLToPath(new URL('allreduce/rank.ts', import.meta.url));
const SOURCE = join(import.meta.dirname, 'allreduce', 'allreduce.c');
const mpich = findMpich();

function compile(folder: string): string {
  const program = join(folder, 'allreduce');
  const lib = join(mpich.library, '..');
  execFileSync(
    env['CC'] ?? 'cc',
    ['-O2', SOURCE, '-I', mpich.include, mpich.library, `-Wl,-rpath,${lib}`, '-o', program],
    {
      stdio: 'inherit',
    },
  );
  return program;
}

async function time(file: string, args: readonly string[]): Promise<readonly number[]> {
  const times: number[] = [];
  const { ended } = startRanks(
    { ...{ mpiexec: mpich.mpiexec, ranks: Number(options.ranks), file, args }, env: environmentOfRanks(env) },
    ({ text, rank }) => {
      if (rank === 0 && /^[\d.]+$/.test(text)) {
        times.push(Number(text));
      } else {
        stdout.write(`${text}\n`);
      }
    },
  );
  const { code } = await ended;
  if (code !== 0) {
    throw new Error(`${file} ended with ${code ?? 'a signal'}`);
  }
  return times.slice(1);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-allreduce-'));
try {
  const size = [options.floats, String(REPETITIONS)];
  const program = compile(folder);
  const sides = {
    node: () => time(execPath, [RANK, ...size]),
    same: () => time(program, [...size, 'same']),
    mpi: () => time(program, [...size, 'mpi']),
  };
  const times: Record<keyof typeof sides, number[]> = { node: [], same: [], mpi: [] };
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const side of ['node', 'same', 'mpi'] as const) {
      times[side].push(...(await sides[side]()));
    }
  }
  const speed = (side: 'same' | 'mpi'): string => (median(times[side]) / median(times.node)).toFixed(2);
  const ms = (side: keyof typeof sides): string =>
    `${median(times[side]).toFixed(0)} ms (best ${Math.min(...times[side]).toFixed(0)})`;
  stdout.write(
    `Node is ${speed('same')} times as fast as the same in C, ${speed('mpi')} times as fast as MPI_Allreduce in C ` +
      `(medians; ${options.ranks} ranks, ${options.floats} floats)\n` +
      `Node ${ms('node')}, the same in C ${ms('same')}, MPI_Allreduce ${ms('mpi')}\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
