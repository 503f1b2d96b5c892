/**
 * One rank of a step whose batch-norm groups span ranks. In: a request, and what happens to the last rank in the middle of the
 * graph, if anything. Out: lines of JSON: the statistics that this rank normalised with, and of rank 0 how far the numbers of all
 * ranks together are from those of one process, which it computes as well.
 */
import { argv } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { EngineError, isOutOfMemory } from '../../../trainer-image/engine/engine-error.ts';
import { MpiCollective } from '../../../trainer-image/train/collective/mpi.ts';
import { runTogether } from '../../../trainer-image/train/steps/run-together.ts';
import { runOnce } from '../onnx-oracle.ts';
import { openSpanningStep, type SpanningRequest } from './spanning-step.ts';
import { say } from './this-rank.ts';

const [, , json = '', trouble = ''] = argv;
const request = JSON.parse(json) as SpanningRequest;
const { communicator, network, shape, inputs, spanning, step, close } = await openSpanningStep(request);
const { rank, size } = communicator;
const gradients = network.parameters.map(({ name }) => `gradient/${name}`);
const statistics = network.normalizations.flatMap(({ name, channels }) =>
  ['mean', 'variance'].map((kind) => ({ name: `${kind}/${name}`, channels })),
);

/** All results in a row, only so many of each where it is said. */
function flat(
  results: ReadonlyMap<string, Float32Array>,
  of: readonly { readonly name: string; readonly channels?: number }[],
): Float32Array {
  return Float32Array.from(of.flatMap(({ name, channels }) => [...results.get(name)!.subarray(0, channels)]));
}

/** Distance from what is expected, of its size. */
function distance(numbers: Iterable<number>, expected: Float32Array): number {
  let [off, size] = [0, 0];
  let index = 0;
  for (const number of numbers) {
    off += (number - expected[index]!) ** 2;
    size += expected[index]! ** 2;
    index += 1;
  }
  return Math.sqrt(off / size);
}

/** Loss and gradients of all ranks together. */
async function stepOfAll(): Promise<Float64Array> {
  await communicator.exchange(step.exchanges, spanning.groups, (signal) => step.run(signal));
  const own = [
    ...step.results.get('loss')!,
    ...flat(
      step.results,
      gradients.map((name) => ({ name })),
    ),
  ];
  const sums = Float64Array.from(own, (number) => (number * spanning.shape.clips) / shape.clips);
  await communicator.sumNumbers(sums);
  return sums;
}

/** The last rank gives its numbers for the first exchange; then it comes to grief. */
async function comeToGrief(): Promise<void> {
  const deeds: Readonly<Record<string, () => void>> = {
    kill: () => process.kill(process.pid, 'SIGKILL'),
    stop: () => process.kill(process.pid, 'SIGSTOP'),
    exit: () => process.exit(64),
    fail: () => {
      throw new Error('out of luck');
    },
  };
  const { notes, signals } = step.exchanges;
  signals.post(0);
  while (notes.served === 0) {
    await turn();
  }
  deeds[trouble]?.();
}

/** The last rank has no room for its first try. @returns how often this one has run */
async function runShort(): Promise<number> {
  const collective = new MpiCollective(communicator);
  let tries = 0;
  const run = async (signal: AbortSignal): Promise<void> => {
    tries += 1;
    if (rank === size - 1 && tries === 1) {
      throw new EngineError('out-of-memory', 'no room');
    }
    await step.run(signal);
  };
  for (let isDone = false; !isDone;) {
    try {
      await runTogether(collective, step.exchanges, spanning.groups, run);
      isDone = true;
    } catch (error) {
      if (!isOutOfMemory(error)) {
        throw error;
      }
    }
  }
  return tries;
}

if (trouble === 'short') {
  say({ tries: await runShort() });
} else if (trouble !== '') {
  try {
    const run = rank === size - 1 ? comeToGrief : (signal: AbortSignal) => step.run(signal);
    await communicator.exchange(step.exchanges, spanning.groups, run);
  } catch (error) {
    say({ error: Error.isError(error) ? { name: error.name, message: error.message } : String(error) });
    if (trouble !== 'fail') {
      process.exit(75);
    }
  }
}
const before = await stepOfAll();
const sums = await stepOfAll();
say({
  holders: spanning.groups[0]!.holders.map((holder) => holder.rank),
  statistics: [...flat(step.results, statistics)],
  isTheSameAgain: sums.every((number, index) => number === before[index]),
});
if (rank === 0) {
  const { precision = 'float32' } = request;
  const alone = await runOnce(network.trainingGraph(shape, { precision }).model, inputs);
  say({
    exchanges: step.exchanges.numbers.length,
    loss: distance(sums.subarray(0, 1), alone.get('loss')!),
    gradients: distance(
      sums.subarray(1),
      flat(
        alone,
        gradients.map((name) => ({ name })),
      ),
    ),
    statistics: distance(flat(step.results, statistics), flat(alone, statistics)),
  });
}
await close();
