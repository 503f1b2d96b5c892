/**
 * What adding up the lanes' gradients and updating the parameters costs beside the runs of a training step, in time and in
 * processor time. Prints the share of the whole step first. Run:
 *
 *     npm run bench:update -- [--networks smallI3d,slowFastR50] [--shapes 1,4] [--rounds 15] [--cores 2]
 */
import { availableParallelism } from 'node:os';
import { cpuUsage, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import { updateAfter } from '../support/sgd-store.ts';
import { brightnessBatch } from '../support/step-batches.ts';
import { startStepTraining } from '../support/step-training.ts';
import { median } from './engine/side.ts';
import { askedCases, type StepCase, stepCases } from './engine/cases.ts';

const LEARNING_RATE = 1e-4;

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: 'smallI3d,slowFastR50' },
    shapes: { type: 'string', default: '1,4' },
    rounds: { type: 'string', default: '15' },
    cores: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});

interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const [startMs, before] = [performance.now(), cpuUsage()];
  await work();
  const { user, system } = cpuUsage(before);
  return { ms: performance.now() - startMs, cpuMs: (user + system) / 1000 };
}

async function measure({ spec, clips, frames, cropSize, groups }: StepCase, cores: number): Promise<string> {
  const engine = await createEngine();
  const network = createNetwork(spec);
  const training = await startStepTraining(engine, network, { cores, learningRate: LEARNING_RATE });
  const runner = await training.kit.runner({ clips, frames, cropSize, groups });
  const batch = brightnessBatch({ clips, frames, cropSize, classes: spec.numClasses }, 1);
  const [runs, updates]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    runs.push(await costOf(() => runner.run(batch, round)));
    updates.push(await costOf(() => updateAfter(runner, training.store, LEARNING_RATE)));
  }
  await training.dispose();
  engine.dispose();
  const of = (costs: readonly Cost[], key: keyof Cost): number =>
    median(costs.slice(1).map((cost) => cost[key]));
  const [run, update] = [runs, updates].map((costs) => ({ ms: of(costs, 'ms'), cpuMs: of(costs, 'cpuMs') }));
  const share = (key: keyof Cost): string =>
    `${((100 * update![key]) / (run![key] + update![key])).toFixed(1)} %`;
  return (
    `${share('ms')} of a step, ${share('cpuMs')} of its processor time; ` +
    `run ${run!.ms.toFixed(1)} ms (CPU ${run!.cpuMs.toFixed(1)}), update ${update!.ms.toFixed(2)} ms (CPU ${update!.cpuMs.toFixed(2)})`
  );
}

const cores = Number(options.cores);
for (const { name, stepCase } of askedCases(options, (network) => stepCases(network, cores))) {
  const { clips, frames, cropSize } = stepCase;
  stdout.write(`${name} ${clips} x ${frames} x ${cropSize}: ${await measure(stepCase, cores)}\n`);
}
