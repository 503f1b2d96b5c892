/**
 * One rank of `workers.bench.ts`: its share of a training step per line of input, as the trainer does it: forward, loss and backward of
 * its clips, the sum over all ranks, the update. In: the `StepCase` of its share as JSON, and the path of a socket. Out: a
 * `RankStep` for every line.
 */
import { connect } from 'node:net';
import { argv, cpuUsage, env } from 'node:process';
import { createInterface } from 'node:readline';
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import { openCollective } from '../../../trainer-image/train/collective/open-collective.ts';
import { brightnessBatch } from '../../support/step-batches.ts';
import { startStepTraining } from '../../support/step-training.ts';
import { parseCase } from '../engine/cases.ts';
import type { RankStep } from './ranks-side.ts';

const LEARNING_RATE = 1e-4;

const { spec, clips, frames, cropSize, groups, cores } = parseCase(argv[2] ?? '');
const socket = connect(argv[3] ?? '');
const collective = await openCollective(env);
const engine = await createEngine();
const network = createNetwork(spec);
const training = await startStepTraining(engine, network, { cores, learningRate: LEARNING_RATE });
const runner = await training.kit.runner({ clips, frames, cropSize, groups });
const batch = brightnessBatch({ clips, frames, cropSize, classes: spec.numClasses }, collective.rank);
const nowMs = (): number => performance.timeOrigin + performance.now();
let iteration = 0;

async function step(): Promise<RankStep> {
  const [startMs, used] = [nowMs(), cpuUsage()];
  await runner.run(batch, iteration);
  const { lanes, count } = runner.microBatches;
  const block = await training.store.gradientBlock(lanes, 1 / count / collective.size);
  const readyMs = nowMs();
  await collective.sumGradients(block);
  const summedMs = nowMs();
  await training.store.update({ learningRate: LEARNING_RATE, iteration });
  iteration += 1;
  const { user, system } = cpuUsage(used);
  return {
    ...{ rank: collective.rank, startMs, readyMs, summedMs, endMs: nowMs() },
    cpuMs: (user + system) / 1000,
  };
}

await step();
socket.write('ready\n');
for await (const line of createInterface({ input: socket })) {
  if (line !== 'step') {
    throw new Error(`unknown command "${line}"`);
  }
  socket.write(`${JSON.stringify(await step())}\n`);
}
await training.dispose();
engine.dispose();
socket.destroy();
await collective.close();
