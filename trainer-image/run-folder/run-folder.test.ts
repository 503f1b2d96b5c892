import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { formatJob } from '../../multigrid/object/job-text.ts';
import { writeSampleRun } from '../../test/support/sample-run-folder.ts';
import { sampleRun } from '../../test/support/sample-run.ts';
import { ResultFileError } from './result-file.ts';
import { writeRunReport } from '../report/write-run-report.ts';
import { readRun, RUN_FILES, RunFolderError } from './run-folder.ts';

const { plan, events, result } = sampleRun();
let folder = '';

beforeEach(() => {
  folder = temporaryFolder();
});

async function writeJob(status: { readonly plan?: typeof plan }): Promise<void> {
  const job = {
    apiVersion: 'training.multigrid.dev/v1alpha1',
    kind: 'MultigridTrainingJob',
    metadata: { name: 'digits', resourceVersion: '7' },
    spec: { recipe: { frames: 16 } },
    status,
  };
  await writeFile(join(folder, RUN_FILES.job), formatJob(job));
}

test('makes the report of a finished run from its three files', async () => {
  await writeSampleRun(folder, sampleRun());
  const path = await writeRunReport(folder);
  const page = await readFile(path, 'utf8');
  expect(page).toContain('99.2 %');
  expect(page).toContain('4-right');
  expect(await readRun(folder)).toMatchObject({ name: result.name, plan, events, result });
});

test("shows the user's part of the manifest and not the status", async () => {
  await writeJob({ plan });
  const { jobYaml } = await readRun(folder);
  expect(jobYaml).toContain('frames: 16');
  expect(jobYaml).not.toContain('phases');
  expect(jobYaml).not.toContain('resourceVersion');
});

test('reads a run that has a plan but no step yet', async () => {
  await writeJob({ plan });
  expect(await readRun(folder)).toMatchObject({ events: [], result: null });
});

test('says what to do about a folder without a run, and a run without a plan', async () => {
  await expect(readRun(folder)).rejects.toThrow(RunFolderError);
  await expect(readRun(folder)).rejects.toThrow(/holds no run/);
  await writeJob({});
  await expect(readRun(folder)).rejects.toThrow(/no plan yet/);
});

test.each([
  ['half a file', '{"name": "x"'],
  ['another object', '{"name": "x"}'],
  ['a list', '[]'],
])('refuses a result.json that is %s', async (_name, text) => {
  await writeJob({ plan });
  await writeFile(join(folder, RUN_FILES.result), text);
  await expect(readRun(folder)).rejects.toThrow(ResultFileError);
});
