/**
 * `multigrid run -f job.yaml --output DIR`: trains on this machine, shows how it goes, and says at the end where the
 * results are or how to go on. The work is run-job.ts's; `runShown` is what `quickstart` shares with this command.
 */
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { STOP_CODES } from '../../multigrid/contract/exit-codes.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { RUN_FILES } from '../../trainer-image/run-folder/run-folder.ts';
import { mpichOption, type WorkerFlags, workersOption, workersText } from './worker-options.ts';
import { createRunDisplay } from '../display/run-display.ts';
import { metricsInWords } from '../display/words.ts';
import type { CommandIo } from '../io.ts';
import { StoppedBeforeStartError } from '../run/run-errors.ts';
import { runJob, TRAINER_LOG, type RunJobOptions, type RunOutcome } from '../run/run-job.ts';

export interface ShownRun extends Pick<
  RunJobOptions,
  'manifestPath' | 'outputDir' | 'resume' | 'workers' | 'mpich' | 'trainerModule' | 'trainerEnv'
> {
  /** Command that goes on with a run that was stopped. @defaultValue the `multigrid run … --resume` that does */
  readonly howToGoOn?: string;
}

interface RunFlags extends WorkerFlags {
  readonly filename: string;
  readonly output: string;
  readonly resume: boolean;
}

const MODEL_FILE = 'model.onnx';

/** Adds `run` to the program. Its action throws what `runJob` throws for the caller to show. */
export function addRunCommand(program: Command, io: CommandIo): void {
  program
    .command('run')
    .description('train on this machine, from the manifest to model and report')
    .requiredOption('-f, --filename <file>', 'manifest of a MultigridTrainingJob')
    .requiredOption('--output <dir>', 'folder of the run: job, checkpoints, metrics, model, report')
    .option('--resume', 'resume the run in the folder', false)
    .addOption(workersOption())
    .addOption(mpichOption())
    .action(async ({ filename, output, ...flags }: RunFlags) => {
      const isComplete = await runShown({ manifestPath: filename, outputDir: output, ...flags }, io);
      if (isComplete) {
        io.stdout(resultsText(output));
      }
    });
}

/**
 * Runs a job and shows its progress. A run that fails or is stopped is explained on standard error and sets the exit
 * code.
 *
 * @returns true when the job is complete.
 * @throws what `runJob` throws when the run is refused.
 */
export async function runShown(run: ShownRun, io: CommandIo): Promise<boolean> {
  const display = createRunDisplay(io, Date.now);
  const stops = io.listenForStop?.();
  stops?.stop.addEventListener('abort', () => {
    display.notice('stopping: the trainer saves a checkpoint first (Ctrl-C again kills it)');
  });
  let outcome: RunOutcome;
  try {
    outcome = await runJob({
      ...run,
      ...(stops === undefined ? {} : { signal: stops.stop, killSignal: stops.kill }),
      onStatus: (job) => {
        display.show(job);
      },
      onNotice: (message) => {
        display.notice(message);
      },
    });
  } catch (error) {
    if (error instanceof StoppedBeforeStartError) {
      io.stderr(`${error.message}\n`);
      io.setExitCode(stops?.exitCode ?? STOP_CODES.SIGINT);
      return false;
    }
    throw error;
  } finally {
    display.close();
    stops?.dispose();
  }
  return tellEnd(outcome, run, io, stops?.exitCode ?? STOP_CODES.SIGINT);
}

/** @returns true when the job is complete. */
function tellEnd(
  outcome: RunOutcome,
  run: ShownRun,
  io: Pick<CommandIo, 'stderr' | 'setExitCode'>,
  stopCode: number,
): boolean {
  switch (outcome.kind) {
    case 'complete':
      io.stderr(`${completeText(outcome.job)}\n`);
      return true;
    case 'failed':
      io.stderr(`${failedText(outcome, run)}\n`);
      io.setExitCode(outcome.exitCode);
      return false;
    case 'interrupted':
      io.stderr(`${interruptedText(outcome.job, run)}\n`);
      io.setExitCode(stopCode);
      return false;
  }
}

function completeText({ metadata, status }: StoredJob): string {
  const metrics = metricsInWords(status?.progress?.metrics ?? []);
  return metrics === '' ? `${metadata.name} is complete` : `${metadata.name} is complete: ${metrics}`;
}

function failedText(
  { job, reason, message }: Extract<RunOutcome, { kind: 'failed' }>,
  run: ShownRun,
): string {
  const log = job.status?.lastFailure?.message?.split('\n').slice(1) ?? [];
  return [
    `${job.metadata.name} failed (${reason}): ${message}`,
    ...(log.length > 0 ? ['last lines of the trainer:', ...log.map((line) => `  ${line}`)] : []),
    `the full log is ${show(join(run.outputDir, TRAINER_LOG))}; once the cause is fixed, resume with`,
    `  ${howToGoOn(run)}`,
  ].join('\n');
}

function interruptedText({ status }: StoredJob, run: ShownRun): string {
  const checkpoint = status?.progress?.lastCheckpoint ?? null;
  const where =
    checkpoint === null
      ? 'before its first checkpoint'
      : `with a checkpoint at iteration ${checkpoint.iteration}`;
  const state = status?.progress?.state ?? 'Stopped';
  const doubt =
    state === 'Stopped'
      ? ''
      : `; the trainer did not shut down cleanly, see ${show(join(run.outputDir, TRAINER_LOG))}`;
  return `stopped ${where}${doubt}; resume with\n  ${howToGoOn(run)}`;
}

function howToGoOn({ howToGoOn, manifestPath, outputDir, workers }: ShownRun): string {
  return (
    howToGoOn ?? `multigrid run -f ${manifestPath} --output ${outputDir}${workersText({ workers })} --resume`
  );
}

function resultsText(folder: string): string {
  return [
    `report  ${show(join(folder, RUN_FILES.report))}`,
    `model   ${show(join(folder, MODEL_FILE))}`,
    `result  ${show(join(folder, RUN_FILES.result))}`,
    '',
  ].join('\n');
}

function show(path: string): string {
  return relative('.', path) || '.';
}
