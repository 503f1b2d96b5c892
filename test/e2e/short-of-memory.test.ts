import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run/run-job.ts';
import { multigrid, startMultigrid } from '../support/command-line.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';

/** Less than two runs at a time take. */
const SHORT_MIB = 13;

/** Two groups in every batch, so that every step can be run in two micro-batches. */
function shortened({ spec }: Manifest): void {
  spec.recipe = { ...spec.recipe, epochs: 3, steps: [0, 2], warmup: { epochs: '1', learningRate: '0.002' } };
  spec.multigrid = { groupSize: 2 };
}

describe('a run with too little memory for its steps', () => {
  let job: SmallJob;

  beforeAll(async () => {
    job = await SmallJob.make();
  });

  afterAll(async () => {
    await job.remove();
  });

  async function losses(
    name: string,
    workers: Readonly<Record<string, unknown>>,
  ): Promise<readonly number[]> {
    const manifestPath = await job.manifest(`${name}.yaml`, (manifest) => {
      shortened(manifest);
      manifest.spec['workers'] = workers;
    });
    const outcome = await runJob({ manifestPath, outputDir: job.output(name), resume: false });
    const {
      job: { status },
    } = outcome;
    expect([outcome.kind, status?.lastFailure ?? null]).toEqual(['complete', null]);
    return job.losses(name);
  }

  test('finds smaller micro-batches before training, says so, and has the losses of one with enough', async () => {
    const expected = await losses('enough', {});
    const short = await losses('short', { activationMemoryMiB: SHORT_MIB });
    expect(short).toHaveLength(expected.length);
    for (const [iteration, loss] of expected.entries()) {
      expect(Math.abs(short[iteration]! - loss)).toBeLessThan(1e-4 * loss);
    }
    expect(Math.abs(short[0]! - expected[0]!)).toBeLessThan(1e-6);
    const reductions = (await job.events('short')).filter((event) => event.kind === 'microBatch');
    expect(reductions.length).toBeGreaterThan(0);
    expect((await job.events('enough')).some((event) => event.kind === 'microBatch')).toBe(false);
    expect(await job.trainerLog('short')).toContain('MicroBatchReduced');
  });

  test('remembers the micro-batches when it is killed and goes on, with the same losses', async () => {
    const manifestPath = join(job.folder, 'short.yaml');
    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('killed')];
    const running = startMultigrid(arguments_, job.folder);
    const hasSteps = async (): Promise<boolean> => (await job.losses('killed').catch(() => [])).length >= 6;
    await running.until('six steps', hasSteps);
    running.killAll();
    await running.ended;
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    const log = (await job.trainerLog('killed')).split('\n').flatMap((line) => logLine(line));
    const resumed = log.findIndex(({ message }) => message === 'resumed');
    const [before, after] = [log.slice(0, resumed), log.slice(resumed)];
    const found = lastByShape(before, 'MicroBatchReduced');
    expect(found.size).toBeGreaterThan(0);
    expect(lastByShape(after, 'micro-batches as before')).toEqual(found);
    // Which lanes need their most at the same moment is chance, so more may come; none is forgotten.
    for (const [shape, { clipsPerRun }] of lastByShape(after, 'fits into memory')) {
      expect(clipsPerRun).toBeLessThanOrEqual(found.get(shape)?.clipsPerRun ?? Infinity);
    }
    const expected = await job.losses('enough');
    const losses = await job.losses('killed');
    expect(losses).toHaveLength(expected.length);
    for (const [iteration, loss] of expected.entries()) {
      expect(Math.abs(losses[iteration]! - loss)).toBeLessThan(1e-4 * loss);
    }
  });
});

interface MicroBatchLine {
  readonly message: string;
  readonly clips: number;
  readonly groups: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly clipsPerRun: number;
  readonly lanes: number;
}

/** A line of trainer.log, where it is one. */
function logLine(line: string): readonly MicroBatchLine[] {
  return line.startsWith('{') ? [JSON.parse(line) as MicroBatchLine] : [];
}

function lastByShape(
  log: readonly MicroBatchLine[],
  wanted: string,
): ReadonlyMap<string, Pick<MicroBatchLine, 'clipsPerRun' | 'lanes'>> {
  const lines = log.filter(({ message }) => message === wanted);
  return new Map(
    lines.map(({ clips, frames, cropSize, clipsPerRun, lanes }) => [
      `${clips} x ${frames} x ${cropSize}`,
      { clipsPerRun, lanes },
    ]),
  );
}
