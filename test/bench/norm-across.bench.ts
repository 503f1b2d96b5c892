/**
 * What batch norm over groups that span ranks costs: forward and backward of a worker's clips with statistics of one group of all
 * ranks, against the same with those of its own clips. Steps are taken in pairs, one after the other in the same processes; ratios
 * come first. With one rank the exchanges are there and nobody else is: what the operators cost without a wait for others. Prints a
 * table for docs/benchmarks.md. Run:
 *
 *     npm run bench:norm-across -- [--networks slowR50] [--shapes 1,4] [--ranks 2] [--pairs 10] [--cores 2]
 */
import { availableParallelism, cpus } from 'node:os';
import { stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runRanks } from '../support/mpi/run-ranks.ts';
import { askedCases, type StepCase, stepCases } from './engine/cases.ts';
import { type RankTimes, summaryOf, timesIn } from './norm-across/times.ts';

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
  const { code, said, rest } = await runRanks(ranks, [JSON.stringify(share), options.pairs], {}, RANK);
  const lines = said.flat();
  if (code !== 0 || lines.length !== ranks) {
    throw new Error(`the ranks ended with ${code ?? 'a signal'}: ${rest.join(' ').slice(0, 1000)}`);
  }
  return lines.map(timesIn);
}

stdout.write(
  `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cores} cores, ${ranks} ranks with ${threads} each, ${options.pairs} pairs\n\n` +
    '| network | clips of a rank | exchanges | across / plain | processor time | plain | across | a single exchange |\n' +
    '| --- | --- | --- | --- | --- | --- | --- | --- |\n',
);
for (const { title, stepCase: share } of askedCases(options, (network) => stepCases(network, threads))) {
  const measured = await times(share);
  const { ratio, cpuRatio, plainMs, acrossMs } = summaryOf(measured);
  const { exchanges } = measured[0]!;
  const { clips, frames, cropSize } = share;
  const eachUs = ((acrossMs - plainMs) / exchanges) * 1000;
  stdout.write(
    `| ${title} | ${clips} x ${frames} x ${cropSize}² | ${exchanges} | **${ratio.toFixed(3)}** | ${cpuRatio.toFixed(3)} | ` +
      `${plainMs.toFixed(0)} ms | ${acrossMs.toFixed(0)} ms | ${eachUs.toFixed(0)} µs |\n`,
  );
}
