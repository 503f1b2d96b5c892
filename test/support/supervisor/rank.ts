/**
 * A rank of a worker of a test: adds up numbers with the others until the file that it is given is there, or until it is told to stop. In: that file.
 * Out: lines with its rank, its worker, its process and the sums.
 */
import { existsSync } from 'node:fs';
import { argv, env, stdout } from 'node:process';
import { Communicator } from '../../../trainer-image/mpi/communicator.ts';
import { findMpich } from '../../../trainer-image/mpi/find-mpich.ts';
import { launchedRanks } from '../../../trainer-image/mpi/launched.ts';

const LIMIT_MS = 60_000;
const [, , endFile = ''] = argv;
const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort();
});

const communicator = await Communicator.open({
  ...{
    library: findMpich().library,
    size: launchedRanks(env) ?? 1,
    startLimitMs: LIMIT_MS,
    limitMs: LIMIT_MS,
  },
});
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
