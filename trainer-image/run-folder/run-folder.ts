/**
 * What lies in the folder of a run, read back as one record: job.yaml with the plan in its status, metrics.jsonl, and
 * result.json once the run is finished. In: a folder. Out: a `RunRecord`, or an error that names the damaged file.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatJob, parseJob } from '../../multigrid/object/job-text.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { RunEvent, RunResult } from './events.ts';
import { readMetrics } from './metrics-reader.ts';
import { isMissingFile } from '../../storage/missing-file.ts';
import { type PretrainedRecord, readPretrained } from './pretrained-file.ts';
import { readResult } from './result-file.ts';

/** Names of the files in a run's folder. */
export const RUN_FILES = {
  job: 'job.yaml',
  metrics: 'metrics.jsonl',
  result: 'result.json',
  report: 'report.html',
  model: 'model.onnx',
  pretrained: 'pretrained.json',
  microBatches: 'micro-batches.json',
  network: 'network.json',
} as const;

/** A folder that holds no run, or one that has not begun. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
}

export interface RunRecord {
  /** Name of the job. */
  readonly name: string;
  readonly plan: Plan;
  /** Empty when no step has been made. */
  readonly events: readonly RunEvent[];
  /** Null while the run is not finished. */
  readonly result: RunResult | null;
  /** Null when it started from random values. */
  readonly pretrained: PretrainedRecord | null;
  /** The user's part of job.yaml, without status. */
  readonly jobYaml: string;
}

/**
 * Reads a run.
 *
 * @throws RunFolderError when the folder holds no job, or a job without a plan; MetricsLogError, ResultFileError,
 *   PretrainedFileError and JobFileError when a file is damaged.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const jobPath = join(folder, RUN_FILES.job);
  const job = parseJob(await readJobText(folder, jobPath), jobPath);
  const plan = job.status?.plan;
  if (plan === undefined) {
    throw new RunFolderError(`${jobPath} has no plan yet. Start the run, then ask again.`);
  }
  const { apiVersion, kind, metadata, spec } = job;
  return {
    name: metadata.name,
    plan,
    events: await readEvents(join(folder, RUN_FILES.metrics)),
    result: await readResult(join(folder, RUN_FILES.result)),
    pretrained: await readPretrained(join(folder, RUN_FILES.pretrained)),
    jobYaml: formatJob({ apiVersion, kind, metadata: { name: metadata.name }, spec }),
  };
}

async function readJobText(folder: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new RunFolderError(
      `${folder} holds no run: ${RUN_FILES.job} cannot be read. Give the folder named with --output.`,
      { cause: error },
    );
  }
}

async function readEvents(path: string): Promise<readonly RunEvent[]> {
  try {
    return await readMetrics(path);
  } catch (error) {
    if (isMissingFile(error)) {
      return [];
    }
    throw error;
  }
}
