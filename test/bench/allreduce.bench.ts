/**
 * The sum of a block of gradients over ranks on this machine: in Node as the trainer does it, the same in C, and by one
 * MPI_Allreduce in C. Rounds are interleaved; ratios come first. Run:
 *
 *     npm run bench:allreduce -- [--ranks 2] [--floats 35000000] [--rounds 5] [--hosts [--rate 1gbit]]
 *
 * With `--hosts` every rank has a network namespace of its own, behind a link of that speed (needs root).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMpich } from '../../trainer-image/mpi/find-mpich.ts';
import { environmentOfRanks, type RankLine, startRanks } from '../../trainer-image/mpi/start-ranks.ts';
import { median } from './engine/side.ts';
import { ShapedHosts } from './hosts/shaped-hosts.ts';

const { values: options } = parseArgs({
  options: {
    ranks: { type: 'string', default: '2' },
    floats: { type: 'string', default: '35000000' },
    rounds: { type: 'string', default: '5' },
    hosts: { type: 'boolean', default: false },
    rate: { type: 'string' },
  },
});

/** Of a launch; the first of them warms up. */
const REPETITIONS = 6;
const RANK = fileURLToPath(new URL('allreduce/rank.ts', import.meta.url));
const SOURCE = join(import.meta.dirname, 'allreduce', 'allreduce.c');
const mpich = findMpich();
const ranks = Number(options.ranks);
const hosts = options.hosts ? ShapedHosts.open(ranks, options.rate ?? null) : null;

function compile(folder: string): string {
  const program = join(folder, 'allreduce');
  const lib = join(mpich.library, '..');
  execFileSync(
    process.env['CC'] ?? 'cc',
    ['-O2', SOURCE, '-I', mpich.include, mpich.library, `-Wl,-rpath,${lib}`, '-o', program],
    {
      stdio: 'inherit',
    },
  );
  return program;
}

async function time(file: string, args: readonly string[]): Promise<readonly number[]> {
  const times: number[] = [];
  const env = environmentOfRanks(process.env);
  const hear = ({ text, rank }: Pick<RankLine, 'rank' | 'text'>): void => {
    if (rank === 0 && /^[\d.]+$/.test(text)) {
      times.push(Number(text));
    } else {
      stdout.write(`${text}\n`);
    }
  };
  const { code } = await (hosts === null
    ? startRanks({ mpiexec: mpich.mpiexec, ranks, file, args, env }, hear).ended
    : hosts.run({ mpich, file, args, env }, hear));
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
      `(medians; ${ranks} ranks${hosts === null ? '' : ` on hosts of their own, ${options.rate ?? 'no limit'}`}, ${options.floats} floats)\n` +
      `Node ${ms('node')}, the same in C ${ms('same')}, MPI_Allreduce ${ms('mpi')}\n`,
  );
} finally {
  hosts?.close();
  rmSync(folder, { recursive: true });
}
