import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run/run-job.ts';
import { multigrid, startMultigrid } from '../support/command-line.ts';
import { SmallJob, timeless } from '../support/small-job.ts';

describe('a run that is interrupted', () => {
  let job: SmallJob;
  let manifestPath: string;

  beforeAll(async () => {
    job = await SmallJob.make();
    manifestPath = await job.manifest('job.yaml');
    const outcome = await runJob({ manifestPath, outputDir: job.output('whole'), resume: false });
    expect(outcome.kind).toBe('complete');
  });

  afterAll(async () => {
    await job.remove();
  });

  async function iterationsLogged(name: string): Promise<number> {
    return (await job.losses(name).catch(() => [])).length;
  }

  /** Losses, evaluations and the model of another run. */
  async function expectSame(name: string, whole = 'whole'): Promise<void> {
    expect(timeless(await job.events(name))).toEqual(timeless(await job.events(whole)));
    const [model, expected] = await Promise.all(
      [name, whole].map((run) => readFile(join(job.output(run), 'model.onnx'))),
    );
    expect(model!.equals(expected!)).toBe(true);
  }

  test('by SIGKILL, again and again, leaves what the uninterrupted one leaves', async () => {
    const seed = Date.now() % 100_000;
    process.stderr.write(`kill moments drawn from seed ${seed}\n`);
    let state = seed;
    let resumes = 0;
    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('killed')];
    for (let kill = 0; kill < 3; kill += 1) {
      const running = startMultigrid(kill === 0 ? arguments_ : [...arguments_, '--resume'], job.folder);
      const done = await iterationsLogged('killed');
      // Let it get somewhere, then kill it at a moment that nobody chose.
      while (
        (await iterationsLogged('killed')) < Math.min(done + 5, (await iterationsLogged('whole')) - 1) &&
        (await Promise.race([running.ended, sleep(50)])) === undefined
      ) {
        // Waiting for steps.
      }
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      await sleep(state % 700);
      running.killAll();
      const { signal } = await running.ended;
      resumes += signal === 'SIGKILL' ? 1 : 0;
    }
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(resumes).toBeGreaterThan(0);
    await expectSame('killed');
  });

  test('by Ctrl-C saves a checkpoint, says how to go on, and does', async () => {
    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('stopped')];
    const running = startMultigrid(arguments_, job.folder);
    await running.until('six steps', async () => (await iterationsLogged('stopped')) >= 6);
    running.signal('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stdout + stderr).toContain('--resume');
    const saved = await readdir(join(job.output('stopped'), 'checkpoints'));
    expect(saved.some((name) => name.endsWith('.safetensors'))).toBe(true);
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect(end.code).toBe(0);
    await expectSame('stopped');
  });

  test('by Ctrl-C at a phase border repeats the border, and misses no evaluation', async () => {
    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('border')];
    const running = startMultigrid(arguments_, job.folder);
    const file = join(job.output('border'), 'job.yaml');
    const isAtBorder = async (): Promise<boolean> =>
      /state: (Evaluating|Waiting)/.test(await readFile(file, 'utf8').catch(() => ''));
    await running.until('a phase border', isAtBorder);
    running.signal('SIGINT');
    expect((await running.ended).code).toBe(130);
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect(end.code).toBe(0);
    await expectSame('border');
  });

  test('with a damaged newest checkpoint goes on from the one before, and says so', async () => {
    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('damaged')];
    const running = startMultigrid(arguments_, job.folder);
    await running.until('eleven steps', async () => (await iterationsLogged('damaged')) >= 11);
    running.killAll();
    await running.ended;
    const folder = join(job.output('damaged'), 'checkpoints');
    const newest = (await readdir(folder))
      .filter((name) => name.endsWith('.safetensors'))
      .sort()
      .at(-1)!;
    const bytes = await readFile(join(folder, newest));
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 255;
    await writeFile(join(folder, newest), bytes);
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect(end.code).toBe(0);
    expect(await job.trainerLog('damaged')).toContain(newest);
    expect(await job.trainerLog('damaged')).toContain('checkpoint passed over');
    await expectSame('damaged');
  });

  test('in mixed precision goes on with its loss scale, to the same model', async () => {
    const path = await job.manifest('mixed.yaml', ({ spec }) => {
      spec.recipe = {
        ...{ ...spec.recipe, precision: 'mixed', epochs: 3 },
        ...{ steps: [0, 2], warmup: { epochs: '1', learningRate: '0.002' } },
      };
    });
    const whole = await runJob({ manifestPath: path, outputDir: job.output('mixed'), resume: false });
    expect(whole.kind).toBe('complete');
    const losses = await job.losses('mixed');
    const arguments_ = ['run', '-f', path, '--output', job.output('mixed-killed')];
    const running = startMultigrid(arguments_, job.folder);
    const isHalfway = async (): Promise<boolean> =>
      (await iterationsLogged('mixed-killed')) >= losses.length / 2;
    await running.until('half of the steps', isHalfway);
    running.killAll();
    await running.ended;
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(await job.trainerLog('mixed-killed')).toContain('"resumed"');
    await expectSame('mixed-killed', 'mixed');
  });
});
