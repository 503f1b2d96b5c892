/**
 * One trainer from start to end: read the job, open data and engine, go on from the newest checkpoint, train, finish.
 * The composition of this folder; `main.ts` gives it the link, the folders and the signal, and turns what it throws
 * into an exit code.
 */
import { dirname, join, resolve } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { readJob } from '../../multigrid/api/read-job.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { CheckpointReference } from '../../multigrid/progress.ts';
import type { BadClip } from '../data/bad-clips.ts';
import { listFormOf, readKineticsList } from '../data/kinetics-list.ts';
import { ClipLoader } from '../data/loader.ts';
import type { VideoList } from '../data/video-list.ts';
import { openEngine } from '../engine/open-engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobLink } from '../link/job-link.ts';
import type { Network } from '../models/network.ts';
import { MetricsLog, truncateAfter } from '../report/metrics-log.ts';
import { RUN_FILES } from '../report/run-folder.ts';
import { CheckpointStore, type FoundCheckpoint } from './checkpoint-store.ts';
import { readClassNames } from './class-names.ts';
import { ClipSource, type VideoLists } from './clip-source.ts';
import { StopRequested } from './errors.ts';
import { Evaluator } from './evaluate.ts';
import { type FailureExit, failureOf } from './failure-of.ts';
import { finish, type FinishSettings } from './finish.ts';
import { requireFit } from './fit-plan.ts';
import { train } from './loop.ts';
import { lanesWithinArena, memoryLeftForActivations } from './memory-limit.ts';
import { openNetwork } from './open-network.ts';
import { ArenaStore } from './parameters/arena-store.ts';
import { DeviceStore } from './parameters/device-store.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import { parameterSlots } from './parameters/weight-decay.ts';
import { startFromPretrained } from './pretrained.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { probeMemory } from './probe-memory.ts';
import type { TrainingSettings } from './settings.ts';
import { saveCheckpoint } from './save-checkpoint.ts';
import { settingsOf } from './settings-of-job.ts';
import { reductionEvent } from './shape-runner.ts';
import { TrainingState } from './state.ts';
import { StepKit } from './step-kit.ts';
import type { Logger, TrainingRun } from './training-run.ts';

/** Where the trainer is and what it may use. */
export interface TrainerSurroundings {
  readonly link: JobLink;
  /** Folder of checkpoints, metrics, model and report. */
  readonly outputDir: string;
  /** Folder that the data paths of the manifest start from. */
  readonly dataDir: string;
  readonly cores: number;
  /** ONNX Runtime's library, when it is not the one in its package. */
  readonly onnxRuntime?: string | undefined;
  /** Memory that the trainer and its decoders may use, bytes. */
  readonly memoryBytes: number;
  readonly directiveGraceMs: number;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
}

/** How a trainer ended; `main.ts` makes an exit code of it. */
export type TrainerEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped'; readonly checkpoint: CheckpointReference }
  | { readonly kind: 'failed'; readonly failure: FailureExit; readonly error: unknown };

/**
 * Trains the job that the link belongs to, to its end, and says in progress how it ended.
 *
 * @throws only when there is no job or no plan to read; everything later is an end of its own.
 */
export async function runTrainer(place: TrainerSurroundings, signal: AbortSignal): Promise<TrainerEnd> {
  const { link } = place;
  const spec = readJob(await link.spec());
  const plan = await link.plan(signal);
  const reporter = new ProgressReporter(link, plan, place.wallClock);
  try {
    await reporter.say('Preparing');
    await trainJob({ spec, plan, reporter, place }, signal);
    await reporter.say('Finished');
    return { kind: 'finished' };
  } catch (error) {
    if (error instanceof StopRequested) {
      await reporter.say('Stopped');
      return { kind: 'stopped', checkpoint: error.checkpoint };
    }
    const failure = failureOf(error);
    const { reason, message, retryable } = failure;
    await reporter.say('Failed', { reason, message, retryable });
    return { kind: 'failed', failure, error };
  }
}

interface TrainerJob {
  readonly spec: FilledSpec;
  readonly plan: Plan;
  readonly reporter: ProgressReporter;
  readonly place: TrainerSurroundings;
}

async function trainJob(job: TrainerJob, signal: AbortSignal): Promise<void> {
  const { spec, place } = job;
  const { link, cores, directiveGraceMs, outputDir } = place;
  const settings = settingsOf(spec, { name: link.name, dataDir: place.dataDir, cores, directiveGraceMs });
  const lists = await readLists(spec, place.dataDir);
  const classNames = await readClassNames(classFile(spec, place.dataDir), spec.model.numClasses);
  const network = openNetwork(settings.network, place.logger);
  const { engine, reason } = await openEngine({
    ...settings,
    libraryPath: place.onnxRuntime,
    activationBytes: memoryForActivations(job, settings, network),
  });
  sayDevice(place.logger, engine, reason, settings);
  try {
    const run = await openRun(job, settings, { engine, network, lists });
    try {
      await trainToEnd(run, { outputDir, classNames }, signal);
    } finally {
      await closeRun(run);
    }
  } finally {
    engine.dispose();
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

async function openRun(
  job: TrainerJob,
  settings: TrainingSettings,
  parts: { readonly engine: Engine; readonly network: Network; readonly lists: VideoLists },
): Promise<TrainingRun> {
  const { spec, plan, reporter, place } = job;
  const { link, outputDir, logger, nowMs } = place;
  const { engine, network: untrained, lists } = parts;
  const { seed, precision, batchNormMomentum, augmentation } = settings;
  const device = engine.device.kind;
  // One run at a time keeps a GPU busy; a processor is kept busy by one run per core.
  const cores = device === 'cuda' ? 1 : lanesWithinArena(setBytesOf(untrained), settings.cores);
  const checkpoints = new CheckpointStore(outputDir, settings.checkpoint.keep);
  const found = settings.checkpoint.resume ? await checkpoints.newest() : null;
  requireFit(untrained, plan, settings);
  const network =
    found === null
      ? await startFromPretrained(untrained, settings.pretrained, { outputDir, logger, reporter })
      : untrained;
  const store = await createStore(engine, network, { ...settings, cores });
  const state = await TrainingState.start({
    plan,
    network,
    store,
    seed,
    precision,
    batchNormMomentum,
    nowMs,
  });
  await resume(state, found, { reporter, logger, outputDir });
  const log = await MetricsLog.open(join(outputDir, RUN_FILES.metrics));
  const loader = await openLoader(spec, lists.train, settings.cores, ({ path, reason, message }) => {
    log.append({ kind: 'badClip', seconds: state.seconds(), iteration: state.iteration, path, reason });
    logger.warn('clip replaced', { path, reason, message });
  });
  const activationBytes = device === 'cpu' ? memoryForActivations(job, settings, network) : undefined;
  return {
    settings,
    activationBytes,
    plan,
    link,
    network,
    store,
    state,
    steps: new StepKit({
      ...{ engine, network, store, cores, seed },
      microBatch: settings.microBatch,
      recompute: settings.recompute,
      graphs: { device, precision },
      activationBytes,
      onReduced: (reduction) => {
        const event = reductionEvent(reduction, { seconds: state.seconds(), iteration: state.iteration });
        log.append(event);
        logger.warn('MicroBatchReduced', { ...event, cause: reduction.cause });
      },
    }),
    evaluator: new Evaluator({ engine, network, store, cores }),
    clips: new ClipSource({ train: loader, lists, seed, augmentation }),
    checkpoints,
    log,
    reporter,
    logger,
    nowMs,
  };
}

async function closeRun(run: TrainingRun): Promise<void> {
  await run.clips.dispose();
  await run.steps.dispose();
  await run.evaluator.dispose();
  await run.store.dispose();
  await run.log.close();
}

async function createStore(
  engine: Engine,
  network: Network,
  settings: TrainingSettings,
): Promise<ParameterStore> {
  const slots = parameterSlots(network.parameters, settings.decayNormalization);
  const gradientSets = StepKit.gradientSets(settings.cores);
  return engine.device.kind === 'cuda'
    ? DeviceStore.create(engine, slots, gradientSets)
    : new ArenaStore(engine.createArena(slots, gradientSets));
}

function memoryForActivations(
  { spec, place }: TrainerJob,
  { cores, activationMemoryMiB }: TrainingSettings,
  network: Network,
): number {
  const { decoders, cacheMiB } = spec.data.loader;
  return memoryLeftForActivations(activationMemoryMiB, {
    memoryBytes: place.memoryBytes,
    parameterBytes: (2 + StepKit.gradientSets(cores)) * setBytesOf(network),
    decoders: decoders > 0 ? decoders : cores,
    cacheBytes: cacheMiB * 2 ** 20,
  });
}

/** All parameters once, bytes. */
function setBytesOf({ parameters }: Network): number {
  return parameters.reduce(
    (sum, { dims }) => sum + 4 * dims.reduce((product, length) => product * length, 1),
    0,
  );
}

interface ResumeParts {
  readonly reporter: ProgressReporter;
  readonly logger: Logger;
  readonly outputDir: string;
}

/** Goes on from the newest whole checkpoint; the metrics log is cut back to it, so every iteration is in it once. */
async function resume(
  state: TrainingState,
  found: FoundCheckpoint | null,
  { reporter, logger, outputDir }: ResumeParts,
): Promise<void> {
  for (const { path, reason } of found?.skipped ?? []) {
    logger.warn('checkpoint passed over', { path, reason });
  }
  if (found !== null) {
    await state.restore(found.checkpoint);
    logger.info('resumed', { checkpoint: found.reference.path, iteration: state.iteration });
  }
  reporter.resumedAt(state.iteration, found?.reference ?? null);
  await truncateAfter(join(outputDir, RUN_FILES.metrics), state.iteration);
}

function openLoader(
  spec: FilledSpec,
  videos: VideoList,
  cores: number,
  onBadClip: (clip: BadClip) => void,
): Promise<ClipLoader> {
  const { decoders, cacheMiB, maxBadFraction } = spec.data.loader;
  return ClipLoader.create({
    videos,
    decoders: decoders > 0 ? decoders : cores,
    cacheMiB,
    maxBadFraction,
    onBadClip,
  });
}

async function readLists(spec: FilledSpec, dataDir: string): Promise<VideoLists> {
  const { data } = spec;
  return {
    train: await readList(spec, dataDir, data.train),
    val: await readList(spec, dataDir, data.val),
    test: await readList(spec, dataDir, data.test),
  };
}

function classFile(spec: FilledSpec, dataDir: string): string | null {
  const { classes } = spec.data;
  return classes === null ? null : resolve(dataDir, classes);
}

function readList(spec: FilledSpec, dataDir: string, list: string): Promise<VideoList> {
  const path = resolve(dataDir, list);
  const { root } = spec.data;
  return readKineticsList(path, {
    root: root === null ? dirname(path) : resolve(dataDir, root),
    ...listFormOf(spec),
  });
}
