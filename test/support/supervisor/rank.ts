/**
 * A rank of a worker of a test: adds up numbers with the others until the file that it is given is there, or until it is told to stop. In: that file.
 * Out: lines with its rank, its worker, its process and the sums.
 */
import { existsSync } from 'node:fs';
import { argv, env, stdout } from 'node:process';
import { openThisRank } from '../mpi/this-rank.ts';

const LIMIT_MS = 60_000;
const [, , endFile = ''] = argv;
const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort();
});

const communicator = await openThisRank(LIMIT_MS);
const { rank, size } = communicator;
for (let step = 0; ; step += 1) {
  // All see the end at the same step: it is one of the sums.
  const sums = Float64Array.of(rank + 1, existsSync(endFile) ? 1 : 0, stop.signal.aborted ? 1 : 0);
  await communicator.sumNumbers(sums);
  if (step === 0) {
    stdout.write(`step of ${size} sum ${sums[0]} worker ${env['MULTIGRID_RANK']} pid ${process.pid}\n`);
  }
  if (sums[1]! > 0 || sums[2]! > 0) {
    await communicator.close();
    stdout.write('end\n');
    process.exitCode = sums[2]! > 0 ? 143 : 0;
    break;
  }
}
