/**
 * `npm run bench:memory`: resident memory of a trainer's process over the whole schedule of the quickstart, phase by phase
 * as the loop goes through them: sessions that no later phase needs are released, those of the next phase are made while
 * this one trains. Beside each phase what a fresh process needs for that phase alone: what is more is left over from before.
 * Real plan, network and sizes; steps of noise, a few of each shape; no decoders, no evaluation. Linux only.
 *
 *   npm run bench:memory -- [--steps 2] [--cores 2]
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, execPath, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { networkOf, isOnnxFile } from '../../multigrid/api/network.ts';
import { readManifest } from '../../multigrid/api/manifest.ts';
import { listAt, numberAt } from '../../multigrid/json/fields.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import { shapesFrom, shapesOfPhase } from '../../trainer-image/train/steps/step-shapes.ts';
import { ALONE } from '../../trainer-image/train/collective/step-share.ts';
import { startStepTraining } from '../support/step-training.ts';

interface PhaseMemory {
  readonly name: string;
  /** MiB: the most while the phase ran, and at its end. */
  readonly peak: number;
  readonly end: number;
}

interface Walk {
  readonly phases: readonly PhaseMemory[];
  /** When every session was released. */
  readonly released: number;
}

const LEARNING_RATE = 0.01;
/** The moving digits of the quickstart. */
const TRAINING_CLIPS = 1300;
const MANIFEST = new URL('../../examples/quickstart.yaml', import.meta.url);

const { values: flags } = parseArgs({
  options: {
    steps: { type: 'string', default: '2' },
    cores: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});

if (flags.only !== undefined) {
  const phase = Number(flags.only);
  stdout.write(JSON.stringify(await walk(phase, phase + 1)));
} else {
  await report();
}

async function report(): Promise<void> {
  const whole = await walk(0, Infinity);
  stdout.write('phase  shapes                                    peak MiB  alone MiB  at its end MiB\n');
  for (const [index, { name, peak, end }] of whole.phases.entries()) {
    const [script = ''] = argv.slice(1);
    const answer = execFileSync(execPath, [
      script,
      '--only',
      String(index),
      '--steps',
      flags.steps,
      '--cores',
      flags.cores,
    ]);
    const alone: unknown = JSON.parse(answer.toString());
    const number = (value: number): string => value.toFixed(0).padStart(9);
    stdout.write(
      `${String(index + 1).padEnd(7)}${name.padEnd(40)}${number(peak)}${number(peakOf(alone))}${number(end)}\n`,
    );
  }
  const most = Math.max(...whole.phases.map(({ peak }) => peak));
  stdout.write(
    `peak of the whole run ${most.toFixed(0)} MiB; ${whole.released.toFixed(0)} MiB with every session released\n`,
  );
}

function peakOf(value: unknown): number {
  const peak = numberAt(listAt(value, 'phases')[0], 'peak');
  if (peak === null) {
    throw new TypeError('a phase alone gave no numbers');
  }
  return peak;
}

/** Trains a little of every phase from number `first` up to `end`. */
async function walk(first: number, end: number): Promise<Walk> {
  const reading = readManifest(readFileSync(MANIFEST, 'utf8'));
  if (!reading.ok || isOnnxFile(reading.spec.model)) {
    throw new Error('the quickstart has no network of the zoo');
  }
  const { model } = reading.spec;
  const plan = planTraining(reading.spec, TRAINING_CLIPS, (text) =>
    createHash('sha256').update(text).digest('hex'),
  );
  const engine = await createEngine();
  const network = createNetwork(networkOf({ model }));
  const cores = Number(flags.cores);
  const training = await startStepTraining(engine, network, { cores, seed: 0, learningRate: LEARNING_RATE });
  const { kit } = training;
  const phases: PhaseMemory[] = [];
  for (const phase of plan.phases.slice(first, end)) {
    forgetPeak();
    await kit.keepOnly(shapesFrom(plan, phase.index, ALONE));
    const shapes = shapesOfPhase(phase, ALONE);
    await kit.prepare(shapes);
    const next = plan.phases[phase.index + 1];
    const ahead = next === undefined ? Promise.resolve() : kit.prepare(shapesOfPhase(next, ALONE));
    for (let iteration = 0; iteration < Number(flags.steps) * shapes.length; iteration += 1) {
      await training.step(shapes[iteration % shapes.length]!, iteration);
    }
    await ahead;
    const name = shapes.map(({ clips, frames, cropSize }) => `${clips}x${frames}x${cropSize}`).join(' ');
    phases.push({ name, peak: memoryMiB('VmHWM'), end: memoryMiB('VmRSS') });
  }
  await kit.keepOnly([]);
  const released = memoryMiB('VmRSS');
  await training.dispose();
  engine.dispose();
  return { phases, released };
}

/** Starts the peak anew, at what is resident now. */
function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

function memoryMiB(field: 'VmHWM' | 'VmRSS'): number {
  const line = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${field}:`));
  return Number(line?.split(/\s+/)[1]) / 1024;
}
