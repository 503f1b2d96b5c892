/**
 * One of the two ranks by which a machine is checked. In: MPI's library, as an argument. Out: a line with the library's version
 * and exit code 0, if the sum is right.
 */
import { argv, env, stdout } from 'node:process';
import { Communicator } from './communicator.ts';
import { launchedRanks } from './launched.ts';

const LIMIT_MS = 20_000;

const communicator = await Communicator.open({
  ...{ library: argv[2] ?? '', size: launchedRanks(env) ?? 1 },
  ...{ startLimitMs: LIMIT_MS, limitMs: LIMIT_MS },
});
const { rank, size, version } = communicator;
const numbers = Float32Array.of(1, rank);
await communicator.sumFloats(numbers);
if (numbers[0] !== size || numbers[1] !== (size * (size - 1)) / 2) {
  throw new RangeError(`rank ${rank} has the sums ${numbers.join(', ')} of ${size} ranks`);
}
await communicator.close();
if (rank === 0) {
  stdout.write(`${version} adds up\n`);
}
