/**
 * Our side of `engine.bench.ts`: one training step per line of input, as `trainer-image/train/loop.ts` does it: forward, loss and
 * backward of every micro-batch, then the update. In: a `StepCase` as JSON in the first argument, or `gemm` and a number of
 * threads. Out: see `engine/side.ts`.
 */
import { argv, cpuUsage, resourceUsage, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import { updateAfter } from '../support/sgd-store.ts';
import { brightnessBatch } from '../support/step-batches.ts';
import { startStepTraining } from '../support/step-training.ts';
import { parseCase, type StepCase } from './engine/cases.ts';
import { bestProduct } from './engine/best-product.ts';

const LEARNING_RATE = 1e-4;

if (argv[2] === 'gemm') {
  stdout.write(`${await bestProduct(Number(argv[3]))}\n`);
} else {
  await steps(parseCase(argv[2] ?? ''));
}

async function steps({ spec, clips, frames, cropSize, groups, cores }: StepCase): Promise<void> {
  const engine = await createEngine();
  const network = createNetwork(spec);
  const training = await startStepTraining(engine, network, { cores, learningRate: LEARNING_RATE });
  const runner = await training.kit.runner({ clips, frames, cropSize, groups });
  const batch = brightnessBatch({ clips, frames, cropSize, classes: spec.numClasses }, 0);
  let iteration = 0;
  const step = async (): Promise<void> => {
    await runner.run(batch, iteration);
    await updateAfter(runner, training.store, LEARNING_RATE);
    iteration += 1;
  };
  await step();
  stdout.write('ready {}\n');
  for await (const line of createInterface({ input: stdin })) {
    if (line !== 'step') {
      throw new Error(`unknown command "${line}"`);
    }
    const [startMs, used] = [performance.now(), cpuUsage()];
    await step();
    const { user, system } = cpuUsage(used);
    stdout.write(`${performance.now() - startMs} ${(user + system) / 1000}\n`);
  }
  await training.dispose();
  engine.dispose();
  stdout.write(`peak ${resourceUsage().maxRSS / 1024}\n`);
}
