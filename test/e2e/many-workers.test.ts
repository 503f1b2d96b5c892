/** Several workers as processes of this machine, from the command line to the model, and everything that can end them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runJob, type RunOutcome } from '../../cli/run/run-job.ts';
import { readResult } from '../../trainer-image/run-folder/result-file.ts';
import { multigrid, startMultigrid } from '../support/command-line.ts';
import { whyNoRanks } from '../support/mpi/run-ranks.ts';
import { processesOfRun } from '../support/run/processes-of-run.ts';
import { type Manifest, SmallJob, timeless } from '../support/small-job.ts';

const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

/** Groups of one clip: up to four workers can share the smallest batch. */
function small({ spec }: Manifest): void {
  spec.recipe = { ...spec.recipe, epochs: 3, steps: [0, 2] };
  spec.multigrid = { groupSize: 1 };
  spec.data['train'] = 'data/one-bad.csv';
}

describeIfPossible('a run of several workers', () => {
  let job: SmallJob;
  let manifestPath: string;

  beforeAll(async () => {
    job = await SmallJob.make();
    const list = (await readFile(join(job.folder, 'data', 'train.csv'), 'utf8')).trimEnd().split('\n');
    await writeFile(join(job.folder, 'data', 'text.mp4'), 'no video at all');
    await writeFile(join(job.folder, 'data', 'one-bad.csv'), ['text.mp4 3', ...list.slice(1), ''].join('\n'));
    manifestPath = await job.manifest('job.yaml', small);
    for (const workers of [1, 2]) {
      expect((await run(`by-${workers}`, workers)).kind).toBe('complete');
    }
  });

  afterAll(async () => {
    await job.remove();
  });

  function run(
    name: string,
    workers: number,
    options: { resume?: boolean; path?: string } = {},
  ): Promise<RunOutcome> {
    const { resume = false, path = manifestPath } = options;
    return runJob({ manifestPath: path, outputDir: job.output(name), resume, workers });
  }

  async function stepsLogged(name: string): Promise<number> {
    return (await job.losses(name).catch(() => [])).length;
  }

  async function rankOf(name: string, rank: number): Promise<number> {
    return (await processesOfRun(job.output(name))).find((process) => process.rank === rank)!.pid;
  }

  function commandFor(name: string, ...more: readonly string[]): readonly string[] {
    return ['run', '-f', manifestPath, '--output', job.output(name), ...more];
  }

  async function expectNearOneWorker(name: string): Promise<void> {
    const [losses, expected] = await Promise.all([name, 'by-1'].map((of) => job.losses(of)));
    expect(losses).toHaveLength(expected!.length);
    const furthest = Math.max(...losses!.map((loss, index) => Math.abs(loss / expected![index]! - 1)));
    expect(furthest).toBeLessThan(1e-5);
  }

  test('has the losses, the files and the bad clips of one', async () => {
    await expectNearOneWorker('by-2');
    const [two, one] = await Promise.all(
      ['by-2', 'by-1'].map(async (name) => ({
        files: (await readdir(job.output(name))).toSorted(),
        checkpoints: await readdir(join(job.output(name), 'checkpoints')),
        evaluations: (await job.events(name)).flatMap((event) =>
          event.kind === 'evaluation' ? [[event.iteration, event.at, event.top1]] : [],
        ),
        badClips: (await readResult(join(job.output(name), 'result.json')))?.badClips,
      })),
    );
    expect(two).toEqual(one);
    expect(two!.badClips).toBeGreaterThan(1);
  });

  test('goes on when a worker is killed, to the very same end', async () => {
    const running = startMultigrid(commandFor('killed', '--workers', '2'), job.folder);
    await running.until('six steps', async () => (await stepsLogged('killed')) >= 6);
    process.kill(await rankOf('killed', 1), 'SIGKILL');
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(timeless(await job.events('killed'))).toEqual(timeless(await job.events('by-2')));
    const models = await Promise.all(
      ['killed', 'by-2'].map((name) => readFile(join(job.output(name), 'model.onnx'))),
    );
    expect(models[0]!.equals(models[1]!)).toBe(true);
    expect(await job.trainerLog('killed')).toMatch(/a worker was lost, .*: .*rank 1 by SIGKILL/);
    const object = await readFile(join(job.output('killed'), 'job.yaml'), 'utf8');
    expect(object).toMatch(/restarts: 1\n/);
  });

  test('is stopped by Ctrl-C at one place, and goes on with another number of workers', async () => {
    const stops: readonly (readonly [string, number])[] = [
      ['1', 4],
      ['3', 9],
    ];
    for (const [workers, steps] of stops) {
      const resume = workers === '1' ? [] : ['--resume'];
      const running = startMultigrid(commandFor('elastic', '--workers', workers, ...resume), job.folder);
      await running.until(`${steps} steps`, async () => (await stepsLogged('elastic')) >= steps);
      running.signal('SIGINT');
      const { code, stderr } = await running.ended;
      expect({ code, stderr }).toMatchObject({
        code: 130,
        stderr: expect.stringMatching(/--workers \d --resume/),
      });
      expect(stderr).not.toContain('did not shut down cleanly');
      expect(await processesOfRun(job.output('elastic'))).toEqual([]);
    }
    expect((await run('elastic', 2, { resume: true })).kind).toBe('complete');
    await expectNearOneWorker('elastic');
  });

  test('ends with all its processes when its command is killed', async () => {
    const running = startMultigrid(commandFor('orphans', '--workers', '2'), job.folder);
    await running.until('a step', async () => (await stepsLogged('orphans')) >= 1);
    running.killAll();
    await running.ended;
    let left = await processesOfRun(job.output('orphans'));
    for (let looks = 0; looks < 200 && left.length > 0; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      left = await processesOfRun(job.output('orphans'));
    }
    expect(left).toEqual([]);
  });

  test('fails with the reason of the worker that does, and names it', async () => {
    const path = await job.manifest('bad.yaml', (manifest) => {
      small(manifest);
      manifest.spec.data.loader['maxBadFraction'] = '0';
    });
    const outcome = await run('bad', 2, { path });
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'TooManyBadVideos', exitCode: 65 });
  });

  test('is refused before anything starts where there is no MPI', async () => {
    const { code, stderr } = await multigrid(
      commandFor('no-mpi', '--workers', '2', '--mpich', '/nowhere'),
      job.folder,
    );
    expect(code).toBe(69);
    expect(stderr).toMatch(/2 workers cannot train together: .*npm run install:mpi.*--workers 1/);
    await expect(readdir(job.output('no-mpi'))).rejects.toThrow('ENOENT');
  });
});
