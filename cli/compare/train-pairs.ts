/**
 * Trains a recipe both ways, one run after the other, seed by seed, each in a folder of its own; finished runs are left
 * alone and broken-off ones go on, so the same command again continues a comparison.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissingFile } from '../../storage/missing-file.ts';
import {
  readRun,
  RUN_FILES,
  RunFolderError,
  type RunRecord,
} from '../../trainer-image/run-folder/run-folder.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';
import type { CompareSource, Recipe } from './compare-manifests.ts';
import type { ComparedRun } from './compare-runs.ts';
import { makeFolders } from '../../storage/make-folder.ts';

/** One of the runs of a comparison. */
export interface PlannedRun {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly manifestPath: string;
  /** Folder of the run. */
  readonly outputDir: string;
  /** Whether the folder holds this run already, finished or not. */
  readonly resume: boolean;
}

/** A finished run with what its folder holds. */
export type FinishedRun = RunRecord & ComparedRun;

/** Both runs of one seed. */
export interface TrainedPair {
  readonly seed: number;
  readonly baseline: FinishedRun;
  readonly multigrid: FinishedRun;
}

export interface TrainPairsOptions {
  readonly source: CompareSource;
  readonly seeds: readonly number[];
  readonly outputDir: string;
  /** Trains one job; resolves to whether it came to its end. */
  readonly train: (run: PlannedRun) => Promise<boolean>;
}

/**
 * @returns The pairs in the order of `seeds`, or null as soon as a run does not come to its end.
 * @throws What `train` throws; RunFolderError when a finished run has lost its result.
 */
export async function trainPairs(options: TrainPairsOptions): Promise<readonly TrainedPair[] | null> {
  const pairs: TrainedPair[] = [];
  for (const seed of options.seeds) {
    const baseline = await trainOne(options, 'baseline', seed);
    const multigrid = baseline === null ? null : await trainOne(options, 'multigrid', seed);
    if (baseline === null || multigrid === null) {
      return null;
    }
    pairs.push({ seed, baseline, multigrid });
  }
  return pairs;
}

async function trainOne(
  { source, seeds, outputDir, train }: TrainPairsOptions,
  recipe: Recipe,
  seed: number,
): Promise<FinishedRun | null> {
  const folder = join(outputDir, seeds.length === 1 ? recipe : join(recipe, `seed-${seed}`));
  await makeFolders(folder);
  const manifestPath = `${folder}.yaml`;
  await writeWholeFile(manifestPath, source.manifests(seed)[recipe]);
  const resume = await exists(join(folder, RUN_FILES.job));
  const isComplete = await train({ recipe, seed, manifestPath, outputDir: folder, resume });
  return isComplete ? readFinished(folder) : null;
}

async function readFinished(folder: string): Promise<FinishedRun> {
  const record = await readRun(folder);
  if (record.result === null) {
    throw new RunFolderError(
      `the run in ${folder} is finished but its ${RUN_FILES.result} is gone. Remove the folder and compare again.`,
    );
  }
  return { ...record, result: record.result };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissingFile(error)) {
      return false;
    }
    throw error;
  }
}
