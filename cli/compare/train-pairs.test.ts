import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { readManifest } from '../../multigrid/api/manifest.ts';
import { writeSampleRun } from '../../test/support/sample-run-folder.ts';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import { RUN_FILES } from '../../trainer-image/run-folder/run-folder.ts';
import { compareSourceOf, type CompareSource } from './compare-manifests.ts';
import { type PlannedRun, trainPairs } from './train-pairs.ts';

const example = await readFile(new URL('../../examples/quickstart.yaml', import.meta.url), 'utf8');
const source = sourceOf(example);
let folder = '';

beforeEach(() => {
  folder = temporaryFolder();
});

function sourceOf(text: string): CompareSource {
  const reading = readManifest(text);
  if (!reading.ok) {
    throw new Error(reading.errors.map((error) => error.message).join('; '));
  }
  return compareSourceOf(reading.job, '/jobs/quickstart.yaml');
}

/** What a training leaves behind, without the training. */
async function leaveRun({ manifestPath, outputDir }: PlannedRun): Promise<boolean> {
  const reading = readManifest(await readFile(manifestPath, 'utf8'));
  if (!reading.ok) {
    throw new Error('the manifest is not legal');
  }
  const { seed } = reading.spec.recipe;
  const isBaseline = reading.spec.multigrid.longCycle === null;
  await writeSampleRun(outputDir, isBaseline ? sampleBaseline(seed) : sampleRun(seed));
  return true;
}

test('trains the baseline first, then the multigrid run, each in a folder of its own', async () => {
  const started: string[] = [];
  const train = (run: PlannedRun): Promise<boolean> => {
    started.push(relative(folder, run.outputDir));
    return leaveRun(run);
  };
  const pairs = await trainPairs({ source, seeds: [3], outputDir: folder, train });
  expect(started).toEqual(['baseline', 'multigrid']);
  expect(pairs?.map((pair) => pair.seed)).toEqual([3]);
  expect(pairs?.[0]?.baseline.result.iterations).toBe(3000);
  expect(pairs?.[0]?.multigrid.result.top1).toBeGreaterThan(pairs![0]!.baseline.result.top1);
});

test('gives every seed its own folders when there are several', async () => {
  const started: string[] = [];
  const train = (run: PlannedRun): Promise<boolean> => {
    started.push(`${relative(folder, run.outputDir)} ${run.seed}`);
    return leaveRun(run);
  };
  await trainPairs({ source, seeds: [0, 1], outputDir: folder, train });
  expect(started).toEqual([
    'baseline/seed-0 0',
    'multigrid/seed-0 0',
    'baseline/seed-1 1',
    'multigrid/seed-1 1',
  ]);
});

test('goes on where it was: what has begun is resumed, what has not is started', async () => {
  const resumed: boolean[] = [];
  const train = async (run: PlannedRun): Promise<boolean> => {
    resumed.push(run.resume);
    return (await leaveRun(run)) && resumed.length !== 2;
  };
  const options = { source, seeds: [0], outputDir: folder, train };
  expect(await trainPairs(options)).toBeNull();
  expect(await trainPairs(options)).toHaveLength(1);
  expect(resumed).toEqual([false, false, true, true]);
});

test('trains nothing more once a run has not come to its end', async () => {
  let count = 0;
  const train = (): Promise<boolean> => {
    count += 1;
    return Promise.resolve(false);
  };
  expect(await trainPairs({ source, seeds: [0, 1], outputDir: folder, train })).toBeNull();
  expect(count).toBe(1);
});

test('says what to do about a finished run without a result', async () => {
  const train = async (run: PlannedRun): Promise<boolean> => {
    await leaveRun(run);
    await rm(join(run.outputDir, RUN_FILES.result));
    return true;
  };
  const training = trainPairs({ source, seeds: [0], outputDir: folder, train });
  await expect(training).rejects.toThrow(/Remove the folder and compare again/);
});
