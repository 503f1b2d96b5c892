/**
 * Whole training steps of the small SlowFast against PyTorch: same network, shapes and threads, turn by turn, so that a
 * busy machine slows both. Both do forward, loss, backward and the SGD update on one batch of random clips. Run:
 *
 *     npm run bench:step -- [cores = 1] [plain | channels_last] [python]
 *
 * where `python` has torch 2.15.0; one is made under .cache when none is named. Prints the ratio of clips per second first, then each side's median step.
 */
import { spawn } from 'node:child_process';
import { argv, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClipBatch } from '../../trainer-image/data/clip-request.ts';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import { ArenaStore } from '../../trainer-image/train/parameters/arena-store.ts';
import { StepKit } from '../../trainer-image/train/step-kit.ts';
import { torchPython } from '../../scripts/torch-python.ts';
import { smallSlowFast } from '../support/network-specs.ts';

/** The long-cycle shapes of the quickstart. */
const SHAPES = [
  { clips: 64, frames: 4, cropSize: 45 },
  { clips: 32, frames: 8, cropSize: 45 },
  { clips: 16, frames: 8, cropSize: 64 },
  { clips: 8, frames: 16, cropSize: 64 },
];
const GROUP_SIZE = 8;
const WARM_UP_ROUNDS = 3;
const ROUNDS = 15;
const UPDATE = { learningRate: 1e-4, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };

const cores = Number(argv[2] ?? 1);
const python = spawn(
  argv[4] ?? torchPython((line) => stdout.write(`${line}\n`)),
  [fileURLToPath(new URL('pytorch_steps.py', import.meta.url)), String(cores), argv[3] ?? 'plain'],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
await answers.next();

const engine = await createEngine();
const network = createNetwork(smallSlowFast);
const arena = engine.createArena(network.parameters, StepKit.gradientSets(cores));
for (const [name, values] of network.initialValues(1)) {
  arena.parameter(name).data.set(values);
}
const kit = new StepKit({
  engine,
  network,
  store: new ArenaStore(arena),
  cores,
  microBatch: GROUP_SIZE,
  seed: 1,
});

for (const shape of SHAPES) {
  const { clips, frames, cropSize } = shape;
  const runner = await kit.runner({ ...shape, groups: clips / GROUP_SIZE });
  const batch = randomBatch(shape);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    await runner.run(batch, round);
    arena.update({ ...UPDATE, lanes: runner.lanes, gradientScale: runner.gradientScale });
    ours.push(performance.now() - startMs);
    python.stdin.write(`${clips} ${frames} ${cropSize}\n`);
    const answer: unknown = (await answers.next()).value;
    theirs.push(Number(answer));
  }
  const [mine, other] = [ours, theirs].map((times) => summary(times.slice(WARM_UP_ROUNDS)));
  const ratio = (theirMs: number, ourMs: number): string => (theirMs / ourMs).toFixed(2);
  stdout.write(
    `${clips} x ${frames} x ${cropSize}: ${ratio(other!.medianMs, mine!.medianMs)} times PyTorch's clips/s by medians ` +
      `(${mine!.medianMs.toFixed(1)} ms against ${other!.medianMs.toFixed(1)} ms a step), ` +
      `${ratio(other!.fastestMs, mine!.fastestMs)} by fastest steps; ${cores} core${cores === 1 ? '' : 's'}\n`,
  );
}

python.stdin.end();
await kit.dispose();
engine.dispose();

function randomBatch({ clips, frames, cropSize }: (typeof SHAPES)[number]): ClipBatch {
  const pixels = new Uint8Array(clips * frames * cropSize * cropSize * 3);
  let state = 1;
  pixels.forEach((_, index) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[index] = state >>> 24;
  });
  const labels = Int32Array.from({ length: clips }, (_, clip) => clip % smallSlowFast.numClasses);
  return { pixels, clips, frames, cropSize, labels, samples: [], release: () => undefined };
}

function summary(timesMs: readonly number[]): { readonly medianMs: number; readonly fastestMs: number } {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return {
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    fastestMs: sorted[0] ?? Number.NaN,
  };
}
