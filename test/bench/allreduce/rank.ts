/**
 * One rank of bench:allreduce on the side of Node. In: numbers of floats and of repetitions, as arguments. Out: by rank 0 a line of
 * milliseconds per repetition.
 */
import { argv, stdout } from 'node:process';
import { openThisRank } from '../../support/mpi/this-rank.ts';

const [length = 0, repetitions = 0] = argv.slice(2).map(Number);
const communicator = await openThisRank();
const block = new Float32Array(length);
for (let repetition = 0; repetition < repetitions; repetition += 1) {
  block.fill(0.5);
  await communicator.barrier();
  const startMs = performance.now();
  await communicator.sumFloats(block);
  if (communicator.rank === 0) {
    stdout.write(`${(performance.now() - startMs).toFixed(3)}\n`);
  }
}
await communicator.close();
