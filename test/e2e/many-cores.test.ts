/**
 * A run that is told it has many more cores than the machine has: lanes, decoders, evaluation and the thread pool all follow,
 * and the numbers stay what they are on two.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run/run-job.ts';
import { THREADS_BESIDE_LANES } from '../../trainer-image/machine.ts';
import type { StepEvent } from '../../trainer-image/run-folder/events.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';

const CORES = 16;

let job: SmallJob;

beforeAll(async () => {
  job = await SmallJob.make();
});

afterAll(async () => {
  await job.remove();
});

/** One epoch of many small groups, so that there is work for many lanes; the decoders stay few. */
function oneEpoch({ spec }: Manifest): void {
  spec.recipe = { ...spec.recipe, epochs: 2, steps: [0, 1], warmup: { epochs: '1', learningRate: '0.002' } };
  spec.multigrid = { groupSize: 1 };
  spec.data.loader = { ...spec.data.loader, decoders: 2 };
}

async function steps(name: string, cores: number): Promise<readonly StepEvent[]> {
  const manifestPath = await job.manifest(`${name}.yaml`, oneEpoch);
  const outputDir = job.output(name);
  const wanted = cores + THREADS_BESIDE_LANES;
  let threads = 0;
  const [outcome] = await Promise.all([
    runJob({
      ...{ manifestPath, outputDir, resume: false },
      trainerEnv: { MULTIGRID_CORES: String(cores) },
    }),
    waitUntil(
      async () => {
        threads = await threadsOfTrainer(outputDir);
        return threads === wanted ? threads : null;
      },
      { what: `${wanted} threads in the trainer's pool`, timeoutMs: 300_000, seen: () => String(threads) },
    ),
  ]);
  expect(outcome.kind).toBe('complete');
  return (await job.events(name)).filter((event): event is StepEvent => event.kind === 'step');
}

/** Threads of the pool of the process that holds the run's folder; 0 while there is none. */
async function threadsOfTrainer(outputDir: string): Promise<number> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(outputDir, 'trainer.lock'), 'utf8'));
    const pid = typeof owner === 'object' && owner !== null && 'pid' in owner ? String(owner.pid) : '';
    const tasks = join('/proc', pid, 'task');
    const names = (await readdir(tasks)).map((task) => readFile(join(tasks, task, 'comm'), 'utf8'));
    return (await Promise.all(names)).filter((name) => name.startsWith('libuv-worker')).length;
  } catch {
    return 0;
  }
}

test('a run on many cores has a thread for each lane and more, and the losses of one on two', async () => {
  const few = await steps('few', 2);
  const many = await steps('many', CORES);
  expect(many).toHaveLength(few.length);
  for (const [iteration, { loss }] of few.entries()) {
    expect(Math.abs(many[iteration]!.loss - loss)).toBeLessThan(1e-4 * loss);
  }
});
