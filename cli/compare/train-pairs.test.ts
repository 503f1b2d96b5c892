import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readManifest } from '../../multigrid/api/manifest.ts';
import { API_VERSION, KIND } from '../../multigrid/api/names.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { formatJob } from '../../multigrid/object/job-text.ts';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import { writeResult } from '../../trainer-image/report/result-file.ts';
import { RUN_FILES } from '../../trainer-image/report/run-folder.ts';
import type { RunJobOptions, RunOutcome } from '../run-job.ts';
import { readCompareSource } from './compare-manifests.ts';
import { ComparedRunFailedError, trainPairs, type TrainPairsOptions } from './train-pairs.ts';

const example = await readFile(new URL('../../examples/quickstart.yaml', import.meta.url), 'utf8');
const source = readCompareSource(example, '/jobs/quickstart.yaml');
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function storedJob(status: StoredJob['status']): StoredJob {
  const metadata = { name: 'digits', resourceVersion: '1', generation: 1 };
  return { apiVersion: API_VERSION, kind: KIND, metadata, spec: {}, status: status ?? {} };
}

/** What a training leaves behind, without the training. */
async function leaveRun({ manifestPath, outputDir }: RunJobOptions): Promise<RunOutcome> {
  const reading = readManifest(await readFile(manifestPath, 'utf8'));
  if (!reading.ok) {
    throw new Error('the manifest is not legal');
  }
  const { seed } = reading.spec.recipe;
  const run = reading.spec.multigrid.longCycle === null ? sampleBaseline(seed) : sampleRun(seed);
  const job = storedJob({ plan: run.plan });
  await mkdir(outputDir, { recursive: true });
  await writeFile(join(outputDir, RUN_FILES.job), formatJob(job));
  const lines = run.events.map((event) => JSON.stringify(event));
  await writeFile(join(outputDir, RUN_FILES.metrics), `${lines.join('\n')}\n`);
  await writeResult(join(outputDir, RUN_FILES.result), run.result);
  return { kind: 'complete', job };
}

function optionsWith(
  runJob: TrainPairsOptions['runJob'],
  seeds: readonly number[],
  started: string[] = [],
): TrainPairsOptions {
  const never = new AbortController().signal;
  return {
    source,
    seeds,
    outputDir: folder,
    runJob,
    signal: never,
    killSignal: never,
    onStart: (run) => started.push(relative(folder, run.folder)),
    onStatus: () => undefined,
    onNotice: () => undefined,
  };
}

test('trains the baseline first, then the multigrid run, each in a folder of its own', async () => {
  const started: string[] = [];
  const pairs = await trainPairs(optionsWith(leaveRun, [3], started));
  expect(started).toEqual(['baseline', 'multigrid']);
  expect(pairs?.map((pair) => pair.seed)).toEqual([3]);
  expect(pairs?.[0]?.baseline.result.iterations).toBe(3000);
  expect(pairs?.[0]?.multigrid.result.top1).toBeGreaterThan(pairs![0]!.baseline.result.top1);
});

test('gives every seed its own folders when there are several', async () => {
  const started: string[] = [];
  await trainPairs(optionsWith(leaveRun, [0, 1], started));
  expect(started).toEqual(['baseline/seed-0', 'multigrid/seed-0', 'baseline/seed-1', 'multigrid/seed-1']);
});

test('goes on where it was: what has begun is resumed, what has not is started', async () => {
  const resumed: boolean[] = [];
  const brokenOff = async (options: RunJobOptions): Promise<RunOutcome> => {
    resumed.push(options.resume);
    const outcome = await leaveRun(options);
    return resumed.length === 2 ? { ...outcome, kind: 'interrupted' } : outcome;
  };
  expect(await trainPairs(optionsWith(brokenOff, [0]))).toBeNull();
  expect(await trainPairs(optionsWith(brokenOff, [0]))).toHaveLength(1);
  expect(resumed).toEqual([false, false, true, true]);
});

test('says which run failed, why, and where its log is', async () => {
  const job = storedJob({});
  const failing = ({ manifestPath }: RunJobOptions): Promise<RunOutcome> =>
    manifestPath.endsWith('multigrid.yaml')
      ? Promise.resolve({ kind: 'failed', job, reason: 'LossNotFinite', message: 'NaN at 7', exitCode: 65 })
      : leaveRun({ manifestPath, outputDir: join(dirname(manifestPath), 'baseline'), resume: false });
  const training = trainPairs(optionsWith(failing, [0]));
  await expect(training).rejects.toThrow(ComparedRunFailedError);
  await expect(training).rejects.toThrow(/the multigrid run of seed 0 failed \(LossNotFinite\): NaN at 7/);
  await expect(training).rejects.toMatchObject({ exitCode: 65 });
});
