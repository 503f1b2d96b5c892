/**
 * What batch norm over groups that span ranks costs: forward and backward of a worker's clips with statistics of one group of all
 * ranks, against the same with those of its own clips. Steps are taken in pairs, one after the other in the same processes; ratios
 * come first. With one rank the exchanges are there and nobody else is: what the operators cost without a wait for others. Prints a
 * table for docs/benchmarks.md. Run:
 *
 *     npm run bench:norm-across -- [--networks slowR50] [--shapes 1,4] [--ranks 2] [--pairs 10] [--cores 2]
 */
import { availableParallelism, cpus } from 'node:os';
import { env, execPath, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMpich } from '../../trainer-image/mpi/find-mpich.ts';
import { environmentOfRanks, startRanks } from '../../trainer-image/mpi/start-ranks.ts';
import { NETWORKS, type StepCase, stepCases } from './engine/cases.ts';
import { parseTimes, type RankTimes, summaryOf } from './norm-across/times.ts';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: 'slowR50' },
    shapes: { type: 'string', default: '1,4' },
    ranks: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '10' },
    cores: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});
const RANK = fileURLToPath(new URL('norm-across/rank.ts', import.meta.url));
const [ranks, cores] = [Number(options.ranks), Number(options.cores)];
const threads = Math.max(1, Math.floor(cores / ranks));

/** @param share - of every rank */
async function times(share: StepCase): Promise<readonly RankTimes[]> {
  const lines: RankTimes[] = [];
  const { ended } = startRanks(
    {
      ...{ mpiexec: findMpich().mpiexec, file: execPath, ranks, env: environmentOfRanks(env) },
      args: [RANK, JSON.stringify(share), options.pairs],
    },
    ({ text }) => {
      if (text.startsWith('{')) {
        lines.push(parseTimes(text));
      } else {
        stdout.write(`${text}\n`);
      }
    },
  );
  const { code } = await ended;
  if (code !== 0 || lines.length !== ranks) {
    throw new Error(`the ranks ended with ${code ?? 'a signal'}`);
  }
  return lines;
}

stdout.write(
  `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cores} cores, ${ranks} ranks with ${threads} each, ${options.pairs} pairs\n\n` +
    '| network | clips of a rank | exchanges | across / plain | processor time | plain | across | a single exchange |\n' +
    '| --- | --- | --- | --- | --- | --- | --- | --- |\n',
);
for (const name of options.networks.split(',')) {
  const network = NETWORKS[name];
  if (network === undefined) {
    throw new Error(`there is no network "${name}"; there are ${Object.keys(NETWORKS).join(', ')}`);
  }
  const cases = stepCases(network, threads);
  for (const shape of options.shapes.split(',')) {
    const share = cases[Number(shape) - 1];
    if (share === undefined) {
      throw new Error(`there is no shape ${shape}; shapes are 1 to ${cases.length}`);
    }
    const measured = await times(share);
    const { ratio, cpuRatio, plainMs, acrossMs } = summaryOf(measured);
    const { exchanges } = measured[0]!;
    const { clips, frames, cropSize } = share;
    const eachUs = ((acrossMs - plainMs) / exchanges) * 1000;
    stdout.write(
      `| ${network.title} | ${clips} x ${frames} x ${cropSize}² | ${exchanges} | **${ratio.toFixed(3)}** | ${cpuRatio.toFixed(3)} | ` +
        `${plainMs.toFixed(0)} ms | ${acrossMs.toFixed(0)} ms | ${eachUs.toFixed(0)} µs |\n`,
    );
  }
}
