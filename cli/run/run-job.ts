/**
 * Runs a job on this machine from its manifest to its end: the operator's controller on the local platform, and the
 * trainer it starts. In come a manifest and a folder, out comes how the job ended; in between the job's status, as
 * often as it changes. A disk that is in trouble when the run begins is waited for, aloud.
 */
import { join, resolve } from 'node:path';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { CONTROLLER, TRAINER } from '../../multigrid/contract/timings.ts';
import { EXIT, isOwnFailure } from '../../multigrid/contract/exit-codes.ts';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import type { JobFile } from '../../job-store/job-file.ts';
import type { KnownHolder } from '../../job-store/lock-holder.ts';
import { isConditionTrue, type StoredJob } from '../../multigrid/object/job-object.ts';
import { LocalPlatform } from '../../operator/platform/local/local-platform.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { Patience } from '../../storage/patience.ts';
import type { ClipCount } from '../../operator/platform/platform.ts';
import { controlRun, type RunHooks } from './control-run.ts';
import { type OpenedRun, openRunFolder } from './run-folder.ts';
import { requireLauncher } from './require-launcher.ts';
import { StoppedBeforeStartError } from './run-errors.ts';
import { countTrainingClips, readRunRequest, type RunRequest } from './run-request.ts';

export interface RunJobOptions extends RunHooks {
  readonly manifestPath: string;
  /** Run folder; made when it is not there. */
  readonly outputDir: string;
  /** Go on with the run that the folder holds. */
  readonly resume: boolean;
  /** Workers. @defaultValue the manifest's `workers.replicas` */
  readonly workers?: number | undefined;
  /** Folder of MPICH, when it is not the installed one. */
  readonly mpich?: string | undefined;
  /** Module that is the trainer. @defaultValue this project's */
  readonly trainerModule?: string;
  /** Added to the trainer's environment. */
  readonly trainerEnv?: Readonly<Record<string, string>>;
}

export type RunOutcome =
  | { readonly kind: 'complete'; readonly job: StoredJob }
  | {
      readonly kind: 'failed';
      readonly job: StoredJob;
      readonly reason: string;
      readonly message: string;
      /** The trainer's, where it ended by itself; else 70. */
      readonly exitCode: number;
    }
  /** Stopped by `signal` or `killSignal`; `--resume` goes on. */
  | { readonly kind: 'interrupted'; readonly job: StoredJob };

const TRAINER_IMAGE = join(import.meta.dirname, '..', '..', 'trainer-image');
const TRAINER_MODULE = join(TRAINER_IMAGE, 'main.ts');
/** Starts several trainers. */
const LAUNCHER_MODULE = join(TRAINER_IMAGE, 'launch', 'main.ts');
/** What the trainer writes to standard output and standard error. */
export const TRAINER_LOG = 'trainer.log';

/**
 * @throws RunRefusedError, VideoListError or LockTimeoutError before anything is started, when the request, its data or
 * the folder is not right; StoppedBeforeStartError when `signal` aborts while a disk is waited for before that;
 * JobFileMissingError when the job is deleted under way; LockLostError when another run took the folder over while this
 * machine slept.
 */
export async function runJob(options: RunJobOptions): Promise<RunOutcome> {
  const { request, file, lock } = await begin(options);
  try {
    const platform = openPlatform(file, request, options);
    return outcomeOf(await controlRun(platform, file, { ...options, lost: lock.lost }));
  } finally {
    await lock.release();
  }
}

/** Reads the request and takes the folder. */
async function begin(options: RunJobOptions): Promise<OpenedRun & { readonly request: RunRequest }> {
  const { manifestPath, resume, signal, onNotice } = options;
  const folder = resolve(options.outputDir);
  const patience = new Patience({ ...nodeEffects, random: Math.random });
  patience.listen((outage) => {
    onNotice?.(outage?.message ?? 'the disk responds again');
  });
  const onWaiting = ({ description }: KnownHolder): void => {
    onNotice?.(`waiting for ${folder}: ${description} may still write into it`);
  };
  try {
    const request = await patience.with(
      { doing: 'reading', path: manifestPath },
      () => readRunRequest(manifestPath, options),
      signal,
    );
    requireLauncher(request.spec.workers.replicas, options.mpich);
    const opened = await patience.with(
      { doing: 'opening', path: folder, isQueued: true },
      () => openRunFolder(folder, request, { resume, onWaiting }),
      signal,
    );
    return { ...opened, request };
  } catch (error) {
    throw signal?.aborted === true && error === signal.reason ? new StoppedBeforeStartError() : error;
  }
}

function openPlatform(file: JobFile, request: RunRequest, options: RunJobOptions): LocalPlatform {
  const { folder } = file;
  return new LocalPlatform({
    file,
    effects: nodeEffects,
    trainer: (workers) => ({
      module: options.trainerModule ?? (workers === 1 ? TRAINER_MODULE : LAUNCHER_MODULE),
      workers,
      cwd: folder,
      logPath: join(folder, TRAINER_LOG),
      graceMs: TRAINER.stopGraceMs,
      env: {
        [TRAINER_ENV.jobFile]: file.path,
        [TRAINER_ENV.output]: folder,
        [TRAINER_ENV.dataRoot]: request.dataRoot,
        [TRAINER_ENV.worldSize]: String(workers),
        ...(options.mpich === undefined ? {} : { [TRAINER_ENV.mpich]: options.mpich }),
        ...options.trainerEnv,
      },
    }),
    countClips: (spec) => clipCount(spec, request.dataRoot),
  });
}

async function clipCount(spec: FilledSpec, dataRoot: string): Promise<ClipCount> {
  try {
    return { kind: 'known', clips: await countTrainingClips(spec, dataRoot) };
  } catch (error) {
    return {
      kind: 'unknown',
      retryAfterMs: CONTROLLER.dataRetryMs,
      reason: 'DataUnreadable',
      message: messageOf(error),
    };
  }
}

function outcomeOf(job: StoredJob): RunOutcome {
  if (isConditionTrue(job, 'Complete')) {
    return { kind: 'complete', job };
  }
  const why = job.status?.conditions?.find(
    ({ type, status }) => `${type}=${status}` === 'Failed=True' || `${type}=${status}` === 'PlanReady=False',
  );
  if (why === undefined) {
    return { kind: 'interrupted', job };
  }
  const code = job.status?.lastFailure?.exitCode ?? EXIT.internal;
  const exitCode = isOwnFailure(code) ? code : EXIT.internal;
  return { kind: 'failed', job, reason: why.reason, message: why.message, exitCode };
}
