import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readResult } from '../../trainer-image/run-folder/result-file.ts';
import { multigrid, type CommandEnd } from '../support/command-line.ts';

describe('the quickstart at its size for continuous integration', () => {
  const folder = temporaryFolder();
  let first: CommandEnd;

  beforeAll(async () => {
    first = await multigrid(['quickstart', '--small', '--output', 'quickstart'], folder);
  });

  test('makes the videos, trains, and says where report and model are', () => {
    expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/1\/3 {2}videos/);
    expect(first.stdout).toMatch(/2\/3 {2}training/);
    expect(first.stdout).toMatch(/3\/3 {2}top-1 \d+\.\d % on 16 test videos/);
    expect(first.stdout).toContain('quickstart/run/report.html');
    expect(first.stdout).toContain('quickstart/run/model.onnx');
  });

  test('leaves a whole run behind', async () => {
    const run = join(folder, 'quickstart', 'run');
    const names = await readdir(run);
    for (const name of [
      'job.yaml',
      'metrics.jsonl',
      'checkpoints',
      'model.onnx',
      'result.json',
      'report.html',
    ]) {
      expect(names).toContain(name);
    }
    expect((await readResult(join(run, 'result.json')))?.name).toBe('quickstart-small');
  });

  test('a second one keeps the videos and the first run, and trains the same numbers again', async () => {
    const second = await multigrid(['quickstart', '--small', '--output', 'quickstart'], folder);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('is complete');
    const results = await Promise.all(
      ['run', 'run-2'].map((run) => readResult(join(folder, 'quickstart', run, 'result.json'))),
    );
    expect(results[1]?.planHash).toBe(results[0]?.planHash);
    expect(results[1]?.confusion).toEqual(results[0]?.confusion);
  });
});
