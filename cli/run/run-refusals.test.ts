import { describe, expect, test } from '@jest/globals';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ScriptedRun, scriptedRun } from '../../test/support/run/scripted-run.ts';
import { startScript } from '../../test/support/run/processes.ts';
import { runJob } from './run-job.ts';

async function expectRefused(run: ScriptedRun, message: RegExp, resume = false): Promise<void> {
  await expect(runJob(run.options([], { resume }))).rejects.toThrow(message);
}

async function hasStarted(run: ScriptedRun): Promise<boolean> {
  return access(join(run.outputDir, 'attempts')).then(
    () => true,
    () => false,
  );
}

async function finishOnce(run: ScriptedRun): Promise<void> {
  expect((await runJob(run.options([]))).kind).toBe('complete');
}

describe('a run is refused before anything is started', () => {
  test.each<[string, (run: ScriptedRun) => Promise<void>, RegExp]>([
    ['there is no manifest', (run) => rm(run.manifestPath), /job\.yaml: the manifest cannot be read: ENOENT/],
    [
      'the manifest has a typo',
      (run) => run.writeManifest({ recipee: {} }),
      /job\.yaml:\d+: spec\.recipee: .*recipe/,
    ],
    [
      'the training list is not there',
      (run) => rm(join(run.folder, 'train.csv')),
      /train\.csv cannot be used: .*ENOENT.*spec\.data\.train/,
    ],
    [
      'the training list is empty',
      (run) => run.writeTrainingList(0),
      /train\.csv cannot be used: it holds no video/,
    ],
    [
      'a label of the other list is out of range',
      (run) => writeFile(join(run.folder, 'val.csv'), '0.mp4 16\n'),
      /val\.csv cannot be used: line 1: the label 16 is out of range/,
    ],
    [
      'its plan cannot be run',
      (run) => run.writeTrainingList(64),
      /cannot be run:\n {2}phase 1, 5: .*128 clips/,
    ],
    [
      'the folder cannot be made',
      (run) => writeFile(run.outputDir, 'a file in the way'),
      /run: the run folder cannot be made: EEXIST/,
    ],
  ])('when %s', async (_why, spoil, message) => {
    const run = await scriptedRun();
    await spoil(run);
    await expectRefused(run, message);
    expect(await hasStarted(run)).toBe(false);
  });

  test('when there is nothing to resume', async () => {
    const run = await scriptedRun();
    await expectRefused(run, /holds no run to resume; omit --resume/, true);
  });

  test('when the folder holds a run, unless it is to be resumed', async () => {
    const run = await scriptedRun();
    await finishOnce(run);
    await expectRefused(
      run,
      /holds a run already \(scripted, complete\); use --resume to continue it, or choose another/,
    );
    const before = await run.trace();
    await finishOnceMore(run);
    expect(await run.trace()).toEqual(before);
  });

  test('when the folder has checkpoints of a run whose job.yaml is gone', async () => {
    const run = await scriptedRun();
    await mkdir(join(run.outputDir, 'checkpoints'), { recursive: true });
    const manifest = join(run.outputDir, 'checkpoints', 'iteration-00000010.json');
    await writeFile(manifest, JSON.stringify({ iteration: 10 }));
    await expectRefused(run, /has checkpoints that do not name their run, but no job\.yaml/);
    const job = { namespace: '', name: 'other', uid: 'b-1' };
    await writeFile(manifest, JSON.stringify({ iteration: 10, job }));
    await expectRefused(run, /has checkpoints of job other \(uid b-1\), but no job\.yaml/);
    expect(await hasStarted(run)).toBe(false);
  });

  test('when the manifest, or what its plan comes from, is not the one the run was started with', async () => {
    const run = await scriptedRun();
    await finishOnce(run);
    await run.writeManifest({ model: { name: 'slowfast-small', numClasses: 17 } });
    await expectRefused(
      run,
      /its spec\.model\.numClasses is 16, the manifest's is 17, and it cannot change/,
      true,
    );
    await run.writeManifest({});
    await run.writeTrainingList(160);
    await expectRefused(run, /its plan has 79 iterations, .* it would have \d+: the list has changed/, true);
  });

  test('when another run works in the folder', async () => {
    const run = await scriptedRun();
    const first = startScript('run-scripted.ts', [run.manifestPath, run.outputDir, '5000']);
    while (!(await hasStarted(run))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    first.kill('SIGSTOP');
    await expectRefused(run, new RegExp(`run\\.lock: still held by process ${first.pid} on `), true);
    first.kill('SIGKILL');
    await first.ended;
  });
});

async function finishOnceMore(run: ScriptedRun): Promise<void> {
  expect((await runJob(run.options([], { resume: true }))).kind).toBe('complete');
}
