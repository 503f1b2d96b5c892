/**
 * After the last epoch: the multi-view test, `model.onnx` for anybody's runtime, `result.json` and `report.html`.
 * Called by `main.ts` when the loop returns; safe to repeat, so a run that was killed here is finished by a resume.
 */
import { join } from 'node:path';
import type { FileWork } from '../../storage/patience.ts';
import type { RunResult } from '../run-folder/events.ts';
import { readMetrics } from '../run-folder/metrics-reader.ts';
import { writeResult } from '../run-folder/result-file.ts';
import { writeRunReport } from '../report/write-run-report.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import { summarizeRun } from '../report/run-summary.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';
import { testNetwork } from './evaluation/evaluate-network.ts';
import { modelMetadata } from './model-metadata.ts';
import { recordJob } from './record-job.ts';
import type { TrainingRun } from './training-run.ts';

export interface FinishSettings {
  readonly outputDir: string;
  /** Whether the folder gets a copy of the job, which the report is made from. */
  readonly recordsJob: boolean;
  /** Names in label order; empty when the job names none. */
  readonly classNames: readonly string[];
  /** Waits for the disk of the output folder. */
  readonly patience: FileWork;
}

/** Tests, exports and reports; returns what went into result.json. */
export async function finish(
  run: TrainingRun,
  settings: FinishSettings,
  signal: AbortSignal,
): Promise<RunResult> {
  await run.reporter.say('Testing');
  const scores = await testNetwork(run, signal);
  await run.log.flush();
  await writeModel(run, settings);
  const events = await onFile(settings, 'reading', RUN_FILES.metrics, readMetrics);
  const result = summarizeRun(run.plan, events, {
    name: run.settings.name,
    model: run.settings.modelName,
    seed: run.settings.seed,
    confusion: scores.confusion,
    ...(settings.classNames.length > 0 ? { classNames: settings.classNames } : {}),
  });
  await onFile(settings, 'writing', RUN_FILES.result, (path) => writeResult(path, result));
  if (settings.recordsJob) {
    const job = await run.link.job(signal);
    await onFile(settings, 'writing', RUN_FILES.job, () => recordJob(settings.outputDir, job));
  }
  await onFile(settings, 'writing', RUN_FILES.report, () => writeRunReport(settings.outputDir));
  return result;
}

/** Work on a file of the run's folder, for as long as its disk takes. */
function onFile<T>(
  { outputDir, patience }: FinishSettings,
  doing: 'reading' | 'writing',
  name: string,
  action: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(outputDir, name);
  return patience.with({ doing, path }, () => action(path));
}

async function writeModel(run: TrainingRun, settings: FinishSettings): Promise<void> {
  const { network, store, state, settings: training } = run;
  const { parameters } = await store.read();
  const { frames, cropSize } = training.full;
  const metadata = modelMetadata(training, { planHash: run.plan.hash, classNames: settings.classNames });
  const model = network.exportModel({ parameters, ...state.population() }, { frames, cropSize }, metadata);
  await onFile(settings, 'writing', 'model.onnx', (path) => writeWholeFile(path, model));
}
