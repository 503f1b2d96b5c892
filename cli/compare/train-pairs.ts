/**
 * Trains a recipe both ways, one run after the other, seed by seed, each in a folder of its own; finished runs are left
 * alone and broken-off ones go on, so the same command again continues a comparison. Called by cli/compare.ts.
 */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { isMissingFile } from '../../trainer-image/report/missing-file.ts';
import { readRun, RUN_FILES, type RunRecord } from '../../trainer-image/report/run-folder.ts';
import { writeWholeFile } from '../../trainer-image/report/whole-file.ts';
import type { RunJobOptions, RunOutcome } from '../run-job.ts';
import { RunRefusedError } from '../run/run-errors.ts';
import type { CompareSource, Recipe } from './compare-manifests.ts';
import type { ComparedRun } from './compare-runs.ts';

/** One of the runs of a comparison. */
export interface PlannedRun {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly folder: string;
}

/** A run of the comparison that failed; the message says which and why. */
export class ComparedRunFailedError extends RunRefusedError {
  override readonly name = 'ComparedRunFailedError';
  constructor(run: PlannedRun, outcome: Extract<RunOutcome, { readonly kind: 'failed' }>) {
    super(
      `the ${run.recipe} run of seed ${run.seed} failed (${outcome.reason}): ${outcome.message}\n` +
        `Its log is in ${run.folder}. The same command again goes on from its newest checkpoint.`,
      outcome.exitCode,
    );
  }
}

export interface TrainPairsOptions {
  readonly source: CompareSource;
  readonly seeds: readonly number[];
  readonly outputDir: string;
  /** Trains one job to its end: `runJob` of cli/run-job.ts. */
  readonly runJob: (options: RunJobOptions) => Promise<RunOutcome>;
  readonly signal: AbortSignal;
  readonly killSignal: AbortSignal;
  readonly onStart: (run: PlannedRun) => void;
  readonly onStatus: (job: StoredJob) => void;
  readonly onNotice: (message: string) => void;
}

/** Both runs of one seed, finished. */
export interface TrainedPair {
  readonly seed: number;
  readonly baseline: ComparedRun & RunRecord;
  readonly multigrid: ComparedRun & RunRecord;
}

/**
 * @returns The pairs in the order of `seeds`, or null when `signal` stopped the training.
 * @throws ComparedRunFailedError when a run fails; what `runJob` throws when one cannot be started.
 */
export async function trainPairs(options: TrainPairsOptions): Promise<readonly TrainedPair[] | null> {
  const pairs: TrainedPair[] = [];
  for (const seed of options.seeds) {
    const baseline = await train(options, 'baseline', seed);
    const multigrid = baseline === null ? null : await train(options, 'multigrid', seed);
    if (baseline === null || multigrid === null) {
      return null;
    }
    pairs.push({ seed, baseline, multigrid });
  }
  return pairs;
}

async function train(
  options: TrainPairsOptions,
  recipe: Recipe,
  seed: number,
): Promise<(ComparedRun & RunRecord) | null> {
  const { outputDir, seeds, source, signal, killSignal, onStatus, onNotice } = options;
  const stem = seeds.length === 1 ? recipe : join(recipe, `seed-${seed}`);
  const run = { recipe, seed, folder: join(outputDir, stem) };
  await mkdir(run.folder, { recursive: true });
  const manifestPath = `${run.folder}.yaml`;
  await writeWholeFile(manifestPath, source.manifests(seed)[recipe]);
  options.onStart(run);
  const outcome = await options.runJob({
    manifestPath,
    outputDir: run.folder,
    resume: await exists(join(run.folder, RUN_FILES.job)),
    signal,
    killSignal,
    onStatus,
    onNotice,
  });
  switch (outcome.kind) {
    case 'complete':
      return finished(await readRun(run.folder), run.folder);
    case 'failed':
      throw new ComparedRunFailedError(run, outcome);
    case 'interrupted':
      return null;
  }
}

const EX_SOFTWARE = 70;

function finished(record: RunRecord, folder: string): ComparedRun & RunRecord {
  if (record.result === null) {
    throw new RunRefusedError(
      `${folder} is complete but holds no ${RUN_FILES.result}; remove it and compare again`,
      EX_SOFTWARE,
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
