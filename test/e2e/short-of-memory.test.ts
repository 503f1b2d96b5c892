import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run-job.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';

/** Less than two runs at a time take. */
const SHORT_MIB = 13;

/** Two groups in every batch, so that every step can be cut. */
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

  test('cuts them before training, says so, and has the losses of one with enough', async () => {
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
  }, 300_000);
});
