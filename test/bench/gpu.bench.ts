/**
 * `npm run bench:gpu`: everything about CUDA that a machine without a GPU cannot check, in one command. Placement of the zoo, numbers
 * against the processor, memory over shapes, the speed of the four grid shapes, beside PyTorch on the same device where it is
 * installed, and sums between as many ranks as there are GPUs. Prints a table and writes a JSON file; exit code 1 when a check fails.
 *
 *   npm run bench:gpu -- [--provider cuda|cpu] [--network slowR50] [--steps 20] [--zoo all|few]
 *                          [--floats 35000000] [--output gpu-bench.json]
 *
 * PyTorch: `TORCH_PYTHON` names a Python that has it. `--provider cpu` runs the same on the processor, to try the script.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { env, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { ZOO } from '../../multigrid/api/zoo.ts';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import { openEngine } from '../../trainer-image/engine/open-engine.ts';
import type { Precision } from '../../trainer-image/models/network.ts';
import { tinySlowFast } from '../support/network-specs.ts';
import { NETWORKS, stepCases } from './engine/cases.ts';
import type { StepCase } from './engine/cases.ts';
import { median } from './engine/side.ts';
import { CUDA } from './gpu/cuda-options.ts';
import { type Check, checkMemory, checkNumbers, checkPlacement, startTraining } from './gpu/checks.ts';
import { checkSums } from './gpu/sums.ts';

interface Timing {
  readonly shape: string;
  readonly precision: Precision;
  readonly clipsPerSecond: number;
  readonly pytorchClipsPerSecond: number | null;
}

const { values: flags } = parseArgs({
  options: {
    provider: { type: 'string', default: 'cuda' },
    network: { type: 'string', default: 'slowR50' },
    steps: { type: 'string', default: '20' },
    zoo: { type: 'string', default: 'all' },
    floats: { type: 'string', default: '35000000' },
    output: { type: 'string', default: 'gpu-bench.json' },
  },
});
const provider = flags.provider === 'cpu' ? 'cpu' : 'cuda';
const stepCount = Number(flags.steps);
const network = NETWORKS[flags.network];
if (network === undefined) {
  throw new Error(`no network ${flags.network}; there are ${Object.keys(NETWORKS).join(', ')}`);
}
const zoo = Object.keys(ZOO).filter((name): name is keyof typeof ZOO => name in ZOO);

const libraryPath = env['MULTIGRID_ONNXRUNTIME'];
const open = (tf32: boolean): ReturnType<typeof openEngine> =>
  openEngine({ executionProvider: provider, cuda: { ...CUDA, tf32 }, libraryPath });

const processor = await createEngine(libraryPath === undefined ? {} : { libraryPath });
// Numbers are compared without TF32, which rounds to 10 bits; speed is measured with it.
const exact = (await open(false)).engine;
const checks = [
  ...(await checkPlacement(exact, flags.zoo === 'all' ? zoo : zoo.filter((name) => name.includes('small')))),
  ...(await checkNumbers(exact, processor, tinySlowFast, { clips: 8, groups: 2, frames: 8, cropSize: 20 })),
];
exact.dispose();

const { engine } = await open(true);
const cases = stepCases(network, 1);
checks.push(await checkMemory(engine, network.spec, cases));
print(checks);
const timings: Timing[] = [];
for (const shape of cases) {
  for (const precision of ['float32', 'mixed'] as const) {
    const ours = await ourClipsPerSecond(shape, precision);
    const theirs = pytorchClipsPerSecond(shape, precision);
    const name = `${shape.frames} x ${shape.cropSize} x ${shape.clips}`;
    timings.push({ shape: name, precision, clipsPerSecond: ours, pytorchClipsPerSecond: theirs });
    const ratio =
      theirs === null ? 'no PyTorch' : `PyTorch ${theirs.toFixed(1)}, ${(ours / theirs).toFixed(2)} of it`;
    stdout.write(`${network.title} ${name} ${precision}: ${ours.toFixed(1)} clips/s, ${ratio}\n`);
  }
}
engine.dispose();
processor.dispose();
const sums = await checkSums(provider, Number(flags.floats));
print(sums);
checks.push(...sums);
const report = { provider, network: flags.network, checks, timings };
writeFileSync(flags.output, `${JSON.stringify(report, null, 2)}\n`);
stdout.write(`wrote ${flags.output}\n`);
exit(checks.every(({ passed }) => passed) ? 0 : 1);

function print(some: readonly Check[]): void {
  for (const { name, passed, found } of some) {
    stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${name}: ${found}\n`);
  }
}

async function ourClipsPerSecond(shape: StepCase, precision: Precision): Promise<number> {
  const training = await startTraining(engine, createNetwork(shape.spec), {
    precision,
    device: engine.device.kind,
  });
  const times: number[] = [];
  for (let iteration = 0; iteration < stepCount + 3; iteration += 1) {
    const startMs = performance.now();
    await training.step(shape, iteration);
    times.push(performance.now() - startMs);
  }
  await training.dispose();
  return (1000 * shape.clips) / median(times.slice(3));
}

function pytorchClipsPerSecond(shape: StepCase, precision: Precision): number | null {
  const python = env['TORCH_PYTHON'];
  if (python === undefined) {
    return null;
  }
  const script = new URL('gpu/pytorch_gpu.py', import.meta.url).pathname;
  const args = [script, JSON.stringify(shape), precision, provider, String(stepCount)];
  const answer: unknown = JSON.parse(
    execFileSync(python, args, { encoding: 'utf8' }).trim().split('\n').at(-1)!,
  );
  if (typeof answer !== 'object' || answer === null || !('medianMs' in answer)) {
    throw new TypeError(`${script} answered ${JSON.stringify(answer)}`);
  }
  return (1000 * shape.clips) / Number(answer.medianMs);
}
