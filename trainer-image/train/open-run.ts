/**
 * Everything a training run is made of, opened in order: lanes, newest checkpoint or pretrained weights, parameters,
 * state, log, data, steps. In: the job, its settings, an engine and a network. Out: a `TrainingRun` for the loop, which
 * `closeRun` takes apart again. Called by `run-trainer.ts`.
 */
import { join } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import type { Patience } from '../../storage/patience.ts';
import type { BadClip } from '../data/bad-clips.ts';
import { ClipLoader } from '../data/loader.ts';
import type { VideoList } from '../data/video-list.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../models/network.ts';
import { MetricsLog, truncateAfter } from '../run-folder/metrics-log.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import { CheckpointStore, type FoundCheckpoint } from './checkpoints/checkpoint-store.ts';
import { ClipSource, type VideoLists } from './clip-source.ts';
import { Evaluator } from './evaluation/evaluate.ts';
import { requireFit } from './opening/fit-plan.ts';
import { type MachineShare, shareMachine } from './memory/share-machine.ts';
import { openSteps } from './steps/open-steps.ts';
import { recordNetworkFile } from './opening/own-network-record.ts';
import { ArenaStore } from './parameters/arena-store.ts';
import { DeviceStore } from './parameters/device-store.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import { parameterSlots } from './parameters/weight-decay.ts';
import { startFromPretrained } from './opening/pretrained.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import type { TrainingSettings } from './settings.ts';
import { TrainingState } from './state.ts';
import type { TrainerJob } from './trainer-job.ts';
import type { Logger, TrainingRun } from './training-run.ts';

/** What there is before a run is opened. */
export interface RunParts {
  readonly engine: Engine;
  readonly network: Network;
  readonly lists: VideoLists;
}

/**
 * @throws ResumeMismatchError, the errors of `weights/` and `NetworkShapeError` when what is there does not fit the job.
 */
export async function openRun(
  job: TrainerJob,
  settings: TrainingSettings,
  parts: RunParts,
): Promise<TrainingRun> {
  const { spec, plan, reporter, place } = job;
  const { link, outputDir, logger, nowMs, patience } = place;
  const { engine, network: untrained, lists } = parts;
  const { seed, precision, batchNormMomentum, augmentation } = settings;
  const device = engine.device.kind;
  const isWriter = place.rank === 0;
  const share = shareForJob(job, settings, untrained, device);
  const { lanes } = share;
  const cores = device === 'cuda' ? 1 : settings.cores;
  const owner = { job: job.identity, adopt: spec.checkpoint.adopt };
  const checkpoints = new CheckpointStore(outputDir, settings.checkpoint.keep, owner, {
    patience,
    onWarning: (message, fields) => {
      logger.warn(message, fields);
    },
  });
  if (isWriter) {
    await checkpoints.removeLeftovers();
  }
  const found = settings.checkpoint.resume ? await checkpoints.newest() : null;
  requireFit(untrained, plan, settings);
  if ('path' in settings.network) {
    const recordPath = join(outputDir, RUN_FILES.network);
    const { path } = settings.network;
    await patience.with({ doing: 'reading', path }, () =>
      recordNetworkFile(path, { recordPath, isResumed: found !== null, isWriter }),
    );
  }
  const network =
    found === null
      ? await patience.with({ doing: 'reading', path: settings.pretrained?.path ?? '' }, () =>
          startFromPretrained(untrained, settings.pretrained, {
            recordPath: isWriter ? join(outputDir, RUN_FILES.pretrained) : null,
            ...{ logger, reporter },
          }),
        )
      : untrained;
  const store = await createStore(engine, network, settings, share.gradientSets);
  const state = await TrainingState.start({
    plan,
    network,
    store,
    seed,
    precision,
    batchNormMomentum,
    nowMs,
  });
  await resume(state, found, { reporter, logger, outputDir, patience });
  const log = await MetricsLog.open(join(outputDir, RUN_FILES.metrics), {
    onEvent: place.onEvent,
    patience,
  });
  const loader = await openLoader(
    spec,
    lists.train,
    { decoders: share.decoders, patience },
    ({ path, reason, message }) => {
      log.append({ kind: 'badClip', seconds: state.seconds(), iteration: state.iteration, path, reason });
      logger.warn('clip replaced', { path, reason, message });
    },
  );
  const activationBytes = device === 'cpu' ? share.activationBytes : undefined;
  const steps = await patience.with({ doing: 'reading', path: join(outputDir, RUN_FILES.cuts) }, () =>
    openSteps(
      settings,
      { engine, network, store, cores, lanes, activationBytes },
      { cuts: { path: join(outputDir, RUN_FILES.cuts), isWriter }, state, log, logger },
    ),
  );
  return {
    settings,
    plan,
    link,
    network,
    store,
    state,
    steps,
    evaluator: new Evaluator({
      ...{ engine, network, store, cores, lanes, activationBytes },
      onReduced: ({ size, to, cause }) => {
        logger.warn('EvaluationReduced', { ...size, ...to, cause });
      },
    }),
    clips: new ClipSource({ train: loader, lists, seed, augmentation }),
    checkpoints,
    log,
    reporter,
    logger,
    nowMs,
  };
}

/** Gives everything back; the engine stays. */
export async function closeRun(run: TrainingRun): Promise<void> {
  await run.clips.dispose();
  await run.steps.dispose();
  await run.store.dispose();
  await run.log.close();
}

async function createStore(
  engine: Engine,
  network: Network,
  settings: TrainingSettings,
  gradientSets: number,
): Promise<ParameterStore> {
  const slots = parameterSlots(network.parameters, settings.decayNormalization);
  return engine.device.kind === 'cuda'
    ? DeviceStore.create(engine, slots, gradientSets)
    : new ArenaStore(engine.createArena(slots, gradientSets));
}

/** What this machine has for the job on a device. */
export function shareForJob(
  { spec, place }: TrainerJob,
  { cores, activationMemoryMiB }: TrainingSettings,
  network: Network,
  device: 'cpu' | 'cuda',
): MachineShare {
  const { decoders, cacheMiB } = spec.data.loader;
  return shareMachine(
    { cores, memoryBytes: place.memoryBytes, device },
    {
      setBytes: setBytesOf(network),
      keptSets: KEPT_SETS,
      decoders,
      cacheBytes: cacheMiB * 2 ** 20,
      activationMemoryMiB,
    },
  );
}

/** Parameters and momenta. */
const KEPT_SETS = 2;

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
  readonly patience: Patience;
}

/** Goes on from the newest whole checkpoint; the metrics log is cut back to it, so every iteration is in it once. */
async function resume(
  state: TrainingState,
  found: FoundCheckpoint | null,
  { reporter, logger, outputDir, patience }: ResumeParts,
): Promise<void> {
  for (const { path, reason } of found?.skipped ?? []) {
    logger.warn('checkpoint passed over', { path, reason });
  }
  if (found !== null) {
    await state.restore(found.checkpoint);
    logger.info('resumed', { checkpoint: found.reference.path, iteration: state.iteration });
  }
  reporter.resumedAt(state.iteration, found?.reference ?? null);
  const path = join(outputDir, RUN_FILES.metrics);
  await patience.with({ doing: 'writing', path }, () => truncateAfter(path, state.iteration));
}

function openLoader(
  spec: FilledSpec,
  videos: VideoList,
  { decoders, patience }: { readonly decoders: number; readonly patience: Patience },
  onBadClip: (clip: BadClip) => void,
): Promise<ClipLoader> {
  const { cacheMiB, maxBadFraction } = spec.data.loader;
  return ClipLoader.create({
    videos,
    decoders,
    cacheMiB,
    maxBadFraction,
    onBadClip,
    patience,
  });
}
