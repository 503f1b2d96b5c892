/**
 * One trainer from start to end: read the job, open data and engine, go on from the newest checkpoint, train, finish.
 * The composition of this folder; `main.ts` gives it the link, the folders and the signal, and turns what it throws
 * into an exit code.
 */
import { join, resolve } from 'node:path';
import { readJob } from '../../multigrid/api/read-job.ts';
import { identityOf } from '../../multigrid/object/job-identity.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { CheckpointReference } from '../../multigrid/progress.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import { openEngine } from '../engine/open-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { readClassNames } from './opening/class-names.ts';
import { CollectiveNotBuiltError, StopRequested } from './errors.ts';
import { type FailureExit, failureOf } from './failure-of.ts';
import { finish, type FinishSettings } from './finish.ts';
import { train } from './loop.ts';
import { openNetwork } from './opening/open-network.ts';
import { closeRun, openRun, shareForJob } from './open-run.ts';
import { keepSpeaking } from './keep-speaking.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { probeMemory } from './memory/probe-memory.ts';
import { classFile, readLists } from './opening/read-lists.ts';
import type { TrainingSettings } from './settings.ts';
import { recordJob } from './record-job.ts';
import type { CheckpointOwner } from './checkpoints/checkpoint-store.ts';
import { requireOwnOutput } from './checkpoints/output-owner.ts';
import { saveCheckpoint } from './checkpoints/save-checkpoint.ts';
import { settingsOf } from './settings-of-job.ts';
import type { TrainerJob, TrainerSurroundings } from './trainer-job.ts';
import type { Logger, TrainingRun } from './training-run.ts';

/** How a trainer ended; `main.ts` makes an exit code of it. */
export type TrainerEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped'; readonly checkpoint: CheckpointReference | null }
  | { readonly kind: 'failed'; readonly failure: FailureExit; readonly error: unknown };

/**
 * Trains the job that the link belongs to, to its end, and says in progress how it ended.
 *
 * @throws only when there is no job to read; everything later is an end of its own.
 */
export async function runTrainer(place: TrainerSurroundings, signal: AbortSignal): Promise<TrainerEnd> {
  const { link } = place;
  const job = await link.job(signal);
  const reporter = new ProgressReporter(link, place.wallClock);
  reporter.remember(job.status?.progress);
  const unlisten = place.patience.listen((outage) => {
    void reporter.tellTrouble(outage === null ? null : { reason: 'StorageUnavailable', ...outage });
  });
  const over = new AbortController();
  const speaking = keepSpeaking(reporter, place.sleep, over.signal);
  try {
    try {
      await trainJob(job, { reporter, place }, signal);
    } finally {
      unlisten();
      over.abort();
      await speaking;
    }
    await reporter.say('Finished');
    return { kind: 'finished' };
  } catch (error) {
    if (error instanceof StopRequested) {
      await reporter.say('Stopped');
      return { kind: 'stopped', checkpoint: error.checkpoint };
    }
    if (signal.aborted && error === signal.reason) {
      // Before there was anything to save. Nothing is said: what stands there, of an earlier trainer, is still true.
      return { kind: 'stopped', checkpoint: null };
    }
    const failure = failureOf(error);
    const { reason, message, retryable } = failure;
    await reporter.say('Failed', { reason, message, retryable });
    return { kind: 'failed', failure, error };
  }
}

async function trainJob(
  object: StoredJob,
  { reporter, place }: Pick<TrainerJob, 'reporter' | 'place'>,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  // Without the status: an operator newer than this trainer may write what this trainer does not know.
  const spec = readJob({ apiVersion, kind, metadata, spec: object.spec });
  if (place.worldSize > 1) {
    throw new CollectiveNotBuiltError(place.worldSize);
  }
  const { link, cores, directiveGraceMs, outputDir } = place;
  const identity = identityOf(object);
  if (place.rank === 0) {
    const taking = { doing: 'writing', path: join(outputDir, RUN_FILES.job) };
    const owner = { ...place, job: identity, adopt: spec.checkpoint.adopt };
    await place.patience.with(taking, () => takeOutput(object, owner), signal);
  }
  const settings = settingsOf(spec, { name: link.name, dataDir: place.dataDir, cores, directiveGraceMs });
  const { patience } = place;
  const readingList = { doing: 'reading', path: resolve(place.dataDir, spec.data.train) };
  patience.saw(join(outputDir, RUN_FILES.job));
  if (object.status?.progress !== undefined) {
    // An earlier trainer has seen it: should its folder be gone, that is the disk's doing.
    patience.saw(readingList.path);
  }
  const lists = await patience.with(readingList, () => readLists(spec, place.dataDir), signal);
  const classNames = await patience.with(
    readingList,
    () => readClassNames(classFile(spec, place.dataDir), spec.model.numClasses),
    signal,
  );
  // Said before the plan is there: an operator that cannot see the data waits for the number of clips to make one.
  reporter.counted(lists.train.videos.length);
  await reporter.say('Preparing');
  const plan = await link.plan(signal);
  reporter.planned(plan);
  if (place.recordsJob && place.rank === 0) {
    const object = await link.job(signal);
    const recording = { doing: 'writing', path: join(outputDir, RUN_FILES.job) };
    await patience.with(recording, () => recordJob(outputDir, object), signal);
  }
  const job: TrainerJob = { spec, identity, plan, reporter, place };
  const reading = { doing: 'reading', path: 'path' in settings.network ? settings.network.path : '' };
  const network = await patience.with(reading, () => openNetwork(settings.network, place.logger), signal);
  const { activationBytes } = shareForJob(job, settings, network, 'cpu');
  const { engine, reason } = await openEngine({
    ...settings,
    libraryPath: place.onnxRuntime,
    activationBytes,
  });
  sayDevice(place.logger, engine, reason, settings);
  try {
    const run = await openRun(job, settings, { engine, network, lists });
    try {
      await trainToEnd(run, { outputDir, classNames, recordsJob: place.recordsJob, patience }, signal);
    } finally {
      await closeRun(run);
    }
  } finally {
    engine.dispose();
  }
}

/** From here on the folder says whose it is, before anything of this job is written into it. */
async function takeOutput(
  object: StoredJob,
  {
    outputDir,
    recordsJob,
    ...owner
  }: Pick<TrainerSurroundings, 'outputDir' | 'recordsJob'> & CheckpointOwner,
): Promise<void> {
  await requireOwnOutput(outputDir, owner);
  if (recordsJob) {
    await recordJob(outputDir, object);
  }
}

function sayDevice(logger: Logger, engine: Engine, why: string, { precision }: TrainingSettings): void {
  const device = engine.device.kind;
  logger.info('device chosen', { device, why, onnxRuntime: engine.version, precision });
  if (device === 'cpu' && precision === 'mixed') {
    logger.warn('mixed precision on a processor is several times slower than float32', {
      instead: 'spec.recipe.precision: float32',
    });
  }
}

async function trainToEnd(run: TrainingRun, finishing: FinishSettings, signal: AbortSignal): Promise<void> {
  try {
    await probeMemory(run, signal);
    run.state.startClock();
    await train(run, signal);
    await run.steps.keepOnly([]);
    const result = await finish(run, finishing, signal);
    run.logger.info('finished', { top1: result.top1, seconds: result.seconds });
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      throw new StopRequested(await saveCheckpoint(run));
    }
    throw error;
  }
}
