/**
 * A run folder with a manifest, lists without videos, and a scripted trainer: what tests of the whole local run share.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { RunJobOptions } from '../../../cli/run/run-job.ts';
import { makeManifestSpec, makeStoredJob } from './jobs.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { parseTrace, type Act, type TraceLine } from './script.ts';

export interface ScriptedRun {
  /** Folder of the manifest and the lists. */
  readonly folder: string;
  readonly manifestPath: string;
  readonly outputDir: string;
  /** Options of a run whose trainer does `acts`, one for each attempt. */
  options(acts: readonly Act[], change?: Partial<RunJobOptions>): RunJobOptions;
  writeManifest(spec: object): Promise<void>;
  writeTrainingList(videos: number): Promise<void>;
  trace(): Promise<readonly TraceLine[]>;
}

/** Few clips and epochs: a plan of some dozen iterations. */
const SHORT_SPEC = {
  recipe: {
    frames: 16,
    stride: 2,
    cropSize: 64,
    batchSize: 8,
    epochs: 20,
    steps: [0, 12, 17],
    learningRate: '0.05',
  },
  runPolicy: { backoffLimit: 3 },
};

/** A fresh one. */
export async function scriptedRun(): Promise<ScriptedRun> {
  const folder = temporaryFolder();
  const manifestPath = join(folder, 'job.yaml');
  const outputDir = join(folder, 'run');
  const run: ScriptedRun = {
    folder,
    manifestPath,
    outputDir,
    options: (acts, change = {}) => ({
      manifestPath,
      outputDir,
      resume: false,
      trainerModule: join(import.meta.dirname, 'scripted-trainer.ts'),
      trainerEnv: { TRAINER_SCRIPT: JSON.stringify(acts) },
      ...change,
    }),
    writeManifest: (spec) =>
      writeFile(
        manifestPath,
        stringify(makeStoredJob('scripted', makeManifestSpec({ ...SHORT_SPEC, ...spec }))),
      ),
    writeTrainingList: (videos) =>
      writeFile(
        join(folder, 'train.csv'),
        Array.from({ length: videos }, (_, index) => `${index}.mp4 ${index % 16}\n`).join(''),
      ),
    trace: async () => parseTrace(await readFile(join(outputDir, 'trace.jsonl'), 'utf8')),
  };
  await run.writeManifest({});
  await run.writeTrainingList(128);
  await writeFile(join(folder, 'val.csv'), '0.mp4 0\n');
  return run;
}
