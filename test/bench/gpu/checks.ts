/**
 * What must hold on a device before its speed is of interest: every graph of the zoo is placed, three training steps go
 * the way of the processor's, in float32 and mixed precision, and memory stops growing. In: the engine of the device and
 * one of the processor. Out: one `Check` each, with the number that was measured.
 */
import { execFileSync } from 'node:child_process';
import { memoryUsage } from 'node:process';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { networkOf } from '../../../multigrid/api/network.ts';
import { ZOO } from '../../../multigrid/api/zoo.ts';
import type { Engine } from '../../../trainer-image/engine/engine.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import type { GraphOptions, Network, NetworkSpec, StepShape } from '../../../trainer-image/models/network.ts';
import type { ParameterValues } from '../../../trainer-image/train/parameters/parameter-store.ts';
import { startStepTraining, type StepTraining } from '../../support/step-training.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
}

const STEPS = 3;

/** Scaled as mixed precision does it, in float32 too. */
export function startTraining(
  engine: Engine,
  network: Network,
  graphs: GraphOptions = {},
): Promise<StepTraining> {
  return startStepTraining(engine, network, { graphs, learningRate: 1e-3, lossScale: 1024 });
}

/** Sessions of every network of the zoo; on CUDA, making one fails when a node has no kernel there. */
export async function checkPlacement(
  engine: Engine,
  names: readonly (keyof typeof ZOO)[],
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const name of names) {
    const { architecture, frames } = ZOO[name];
    const network = createNetwork(networkOf({ model: { name, numClasses: 16, dropout: 0.5, architecture } }));
    for (const precision of ['float32', 'mixed'] as const) {
      const shape = { clips: 1, groups: 1, frames, cropSize: 112 };
      const { model } = network.trainingGraph(shape, { precision, device: engine.device.kind });
      checks.push(
        await attempt(`${name}, ${precision}: placed`, async () => {
          (await engine.createSession(model, { threads: 1 })).dispose();
          return 'all nodes';
        }),
      );
    }
  }
  return checks;
}

/** Parameters after a few steps on the device, against the processor's in float32. */
export async function checkNumbers(
  engine: Engine,
  processor: Engine,
  spec: NetworkSpec,
  shape: StepShape,
): Promise<readonly Check[]> {
  const network = createNetwork(spec);
  const expected = await startTraining(processor, network);
  await steps(expected, shape);
  const reference = await expected.store.read();
  await expected.dispose();
  const start = network.initialValues(1);
  const limits = { float32: 0.02, mixed: 0.2 };
  const checks: Check[] = [];
  for (const precision of ['float32', 'mixed'] as const) {
    const graphs: GraphOptions = { precision, device: engine.device.kind };
    checks.push(
      await attempt(`${STEPS} steps as on the processor, ${precision}`, async () => {
        const training = await startTraining(engine, network, graphs);
        await steps(training, shape);
        const distance = movedApart(await training.store.read(), reference, start);
        await training.dispose();
        if (!(distance < limits[precision])) {
          throw new Error(`updates differ by ${distance.toExponential(1)}, allowed ${limits[precision]}`);
        }
        return `updates differ by ${distance.toExponential(1)}`;
      }),
    );
  }
  return checks;
}

/** Memory after every shape was used twice more: it must not have grown. */
export function checkMemory(engine: Engine, spec: NetworkSpec, shapes: readonly StepShape[]): Promise<Check> {
  return attempt('memory stays as it is once every shape was seen', async () => {
    const training = await startTraining(engine, createNetwork(spec), { device: engine.device.kind });
    const round = async (iteration: number): Promise<void> => {
      for (const shape of shapes) {
        await training.step(shape, iteration);
      }
    };
    await round(0);
    await round(1);
    const before = memoryMiB(engine);
    await round(2);
    await round(3);
    const grown = memoryMiB(engine) - before;
    await training.dispose();
    if (grown > 0.1 * before + 64) {
      throw new Error(`${before.toFixed(0)} MiB grew by ${grown.toFixed(0)}`);
    }
    return `${before.toFixed(0)} MiB, grown by ${grown.toFixed(0)}`;
  });
}

/** Of the GPU as its driver counts it, of the process on a processor. */
export function memoryMiB({ device }: Engine): number {
  if (device.kind === 'cpu') {
    return memoryUsage.rss() / 2 ** 20;
  }
  const args = [
    `--id=${device.options.deviceId}`,
    '--query-gpu=memory.used',
    '--format=csv,noheader,nounits',
  ];
  return Number(execFileSync('nvidia-smi', args, { encoding: 'utf8' }));
}

async function steps(training: Pick<StepTraining, 'step'>, shape: StepShape): Promise<void> {
  for (let iteration = 0; iteration < STEPS; iteration += 1) {
    await training.step(shape, iteration);
  }
}

/** How far apart two trainings went, relative to how far they went. */
function movedApart(
  a: ParameterValues,
  b: ParameterValues,
  start: ReadonlyMap<string, Float32Array>,
): number {
  let [apart, moved] = [0, 0];
  for (const [name, values] of b.parameters) {
    const [other, first] = [a.parameters.get(name)!, start.get(name)!];
    values.forEach((value, index) => {
      apart += (value - other[index]!) ** 2;
      moved += (value - first[index]!) ** 2;
    });
  }
  return Math.sqrt(apart / moved);
}

/** A check that did what it should, with what was found; or not, with the reason. */
export async function attempt(name: string, body: () => Promise<string>): Promise<Check> {
  try {
    return { name, passed: true, found: await body() };
  } catch (error) {
    return { name, passed: false, found: messageOf(error) };
  }
}
