/**
 * After the last epoch: the multi-view test, `model.onnx` for anybody's runtime, `result.json` and `report.html`. In: a training
 * at the end of its plan. Out: files, and what result.json says. Safe to repeat, so a run that was killed here is finished by a
 * resume.
 */
import type { Plan } from '../../multigrid/plan/types.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';
import type { JobLink } from '../link/job-link.ts';
import type { Network } from '../models/network.ts';
import { summarizeRun } from '../report/run-summary.ts';
import { writeRunReport } from '../report/write-run-report.ts';
import type { RunResult } from '../run-folder/events.ts';
import type { MetricsLog } from '../run-folder/metrics-log.ts';
import { onRunFile, type PatientFolder } from '../run-folder/on-run-file.ts';
import { readMetrics } from '../run-folder/metrics-reader.ts';
import { writeRecord } from '../run-folder/record-file.ts';
import type { Evaluations } from './evaluation/evaluations.ts';
import { modelMetadata } from './model-metadata.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import type { ProgressReporter } from './progress/progress-reporter.ts';
import { recordJob } from '../run-folder/record-job.ts';
import type { TrainingSettings } from './settings.ts';
import type { TrainingState } from './state/training-state.ts';

export interface FinishParts extends PatientFolder {
  readonly plan: Plan;
  readonly settings: Pick<TrainingSettings, 'name' | 'modelName' | 'seed' | 'full' | 'augmentation'>;
  readonly network: Pick<Network, 'exportModel'>;
  readonly store: Pick<ParameterStore, 'read'>;
  readonly state: Pick<TrainingState, 'population'>;
  readonly evaluations: Evaluations;
  readonly log: Pick<MetricsLog, 'flush'>;
  readonly reporter: Pick<ProgressReporter, 'say'>;
  readonly link: Pick<JobLink, 'job'>;
  /** Whether this worker writes; the others only test. */
  readonly isWriter: boolean;
  /** Whether the folder gets a copy of the job, which the report is made from. */
  readonly recordsJob: boolean;
  /** Names in label order; empty when the job names none. */
  readonly classNames: readonly string[];
}

/** Tests, exports and reports; returns what went into result.json, on the worker that writes it. */
export async function finish(parts: FinishParts, signal: AbortSignal): Promise<RunResult | null> {
  const { plan, settings, evaluations, log, reporter, link, outputDir, recordsJob, classNames, isWriter } =
    parts;
  await reporter.say('Testing');
  const { confusion } = await evaluations.test();
  await log.flush();
  if (!isWriter) {
    return null;
  }
  await writeModel(parts);
  const events = await onRunFile(parts, 'reading', 'metrics', readMetrics);
  const result = summarizeRun(plan, events, {
    name: settings.name,
    model: settings.modelName,
    seed: settings.seed,
    confusion,
    ...(classNames.length > 0 ? { classNames } : {}),
  });
  await onRunFile(parts, 'writing', 'result', (path) => writeRecord(path, result));
  if (recordsJob) {
    const job = await link.job(signal);
    await onRunFile(parts, 'writing', 'job', () => recordJob(outputDir, job));
  }
  await onRunFile(parts, 'writing', 'report', () => writeRunReport(outputDir));
  return result;
}

async function writeModel(parts: FinishParts): Promise<void> {
  const { plan, settings, network, store, state, classNames } = parts;
  const { parameters } = await store.read();
  const { frames, cropSize } = settings.full;
  const metadata = modelMetadata(settings, { planHash: plan.hash, classNames });
  const model = network.exportModel(
    { parameters, ...(await state.population()) },
    { frames, cropSize },
    metadata,
  );
  await onRunFile(parts, 'writing', 'model', (path) => writeWholeFile(path, model));
}
