/**
 * What must hold of sums between devices: right to the precision of float32, the same bits on all ranks and every time. One rank a
 * GPU; with a single GPU a communicator of one, and two ranks that share it and go through main memory. In: the provider. Out:
 * one `Check` for each, with how long the largest sum takes. What cannot be had here is said, and is no failure.
 */
import { fileURLToPath } from 'node:url';
import { objectAt } from '../../../multigrid/json/fields.ts';
import { askDriver } from '../../../trainer-image/engine/cuda/driver.ts';
import { runRanks, whyNoRanks } from '../../support/mpi/run-ranks.ts';
import { median } from '../engine/side.ts';
import { attempt, type Check } from './checks.ts';

const RANK = fileURLToPath(new URL('sum-rank.ts', import.meta.url));
/** One number, few, and the gradients of a network. */
const SMALL = [1, 1000];
const REPETITIONS = 5;
/** Of the sum of magnitudes, for up to 128 ranks. */
const LARGEST_ERROR = 1e-5;

interface Sum {
  readonly length: number;
  readonly ms: number;
  readonly hash: string;
  readonly error: number;
}

/** @param length - float32 numbers of the largest block */
export async function checkSums(provider: 'cpu' | 'cuda', length: number): Promise<readonly Check[]> {
  const driver = askDriver();
  const gpus = provider === 'cuda' && driver.kind === 'found' ? driver.gpus.length : 0;
  const runs =
    provider === 'cpu'
      ? [{ name: 'sums of 2 ranks', ranks: 2 }]
      : gpus > 1
        ? [{ name: `sums of ${gpus} GPUs`, ranks: gpus }]
        : [
            { name: 'a sum of one GPU by NCCL (there is no second one)', ranks: 1 },
            { name: 'sums of 2 ranks that share a GPU', ranks: 2 },
          ];
  const checks: Check[] = [];
  for (const { name, ranks } of runs) {
    checks.push(await attempt(name, () => check(provider, ranks, [...SMALL, length])));
  }
  return checks;
}

async function check(provider: string, ranks: number, lengths: readonly number[]): Promise<string> {
  const why = whyNoRanks();
  if (why !== null) {
    return `not run: ${why}`;
  }
  const scenario = [provider, lengths.join(','), String(REPETITIONS)];
  const { code, said, rest } = await runRanks(ranks, scenario, {}, RANK);
  if (code !== 0) {
    throw new Error(`the ranks ended with ${code ?? 'a signal'}: ${rest.join(' ').slice(0, 1000)}`);
  }
  const lines = said.flat().map((line) => objectAt(line) ?? {});
  const notRun = lines.find((line) => 'notRun' in line);
  return notRun === undefined ? judge(lines, ranks, lengths) : `not run: ${JSON.stringify(notRun)}`;
}

/** @throws with the first thing that does not hold. */
function judge(lines: readonly object[], ranks: number, lengths: readonly number[]): string {
  const sums = lines.filter(isSum);
  for (const length of lengths) {
    const own = sums.filter((sum) => sum.length === length);
    const hashes = new Set(own.map(({ hash }) => hash));
    const error = Math.max(...own.map((sum) => sum.error));
    if (own.length !== ranks * REPETITIONS || hashes.size !== 1 || !(error < LARGEST_ERROR)) {
      throw new Error(
        `${own.length} sums of ${length} numbers on ${ranks} ranks have ${hashes.size} different results, the worst ` +
          `${error.toExponential(1)} off`,
      );
    }
  }
  const largest = Math.max(...lengths);
  const ms = median(sums.filter((sum) => sum.length === largest).map((sum) => sum.ms));
  const way = lines.find((line) => 'way' in line);
  const how = way === undefined ? '' : `; ${Object.values(way).join(', ')}`;
  return `the same bits on all ranks and every time; ${(largest / 1e6).toFixed(1)} M numbers in ${ms.toFixed(1)} ms${how}`;
}

function isSum(line: object): line is Sum {
  return 'length' in line && 'hash' in line && 'ms' in line && 'error' in line;
}
