/**
 * Everything a training is made of, opened in order: engine, first weights or newest checkpoint, parameters, state, log, data,
 * graphs. In: what was prepared. Out: the parts of the three stages that follow (probe, train, finish), each with what it uses.
 * Whatever is opened goes into the care of `opened`.
 */
import { join } from 'node:path';
import type { Opened } from '../closing.ts';
import { SECOND_LOOK_MS } from '../../storage/patience.ts';
import { endsWithin } from '../../timing/timers.ts';
import { ClipLoader } from '../data/loader.ts';
import { datasetFormat } from '../data/formats/dataset-format.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../models/network.ts';
import { MetricsLog, truncateAfter } from '../run-folder/metrics-log.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import { Boundary } from './boundary.ts';
import { Checkpointing } from './checkpointing.ts';
import { CheckpointStore, type FoundCheckpoint } from './checkpoints/checkpoint-store.ts';
import { ClipSource } from './clip-source.ts';
import { SOLO } from './collective/solo.ts';
import { Evaluations } from './evaluation/evaluations.ts';
import { Evaluator } from './evaluation/evaluate.ts';
import type { FinishParts } from './finish.ts';
import type { LoopParts } from './loop.ts';
import type { MachineShare } from './opening/share-machine.ts';
import { openDevice } from './opening/open-device.ts';
import { createStore, shareForJob } from './opening/parameter-memory.ts';
import { recordNetworkFile } from './opening/own-network-record.ts';
import { startFromPretrained } from './opening/pretrained.ts';
import { PhaseEntry } from './phase-entry.ts';
import type { Prepared } from './prepare.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import { recordJob } from './record-job.ts';
import { TrainingState } from './state.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import { openSteps } from './steps/open-steps.ts';
import type { ProbeParts } from './steps/probe-memory.ts';
import type { StepKit } from './steps/step-kit.ts';
import type { Surroundings } from './surroundings.ts';
import { TrainingStep } from './training-step.ts';

/** They are killed outright; one that the kernel holds, on a mount that hangs, dies when the mount comes back. */
const DECODERS_END_MS = 10_000;

/** An open training, by the stages it goes through. */
export interface Training {
  readonly probe: ProbeParts;
  readonly loop: LoopParts;
  readonly finish: FinishParts;
  readonly checkpointing: Checkpointing;
  readonly state: TrainingState;
  readonly steps: StepKit;
}

/** What every opening may need. */
interface Opening {
  readonly prepared: Prepared;
  readonly surroundings: Surroundings;
  readonly reporter: ProgressReporter;
}

/**
 * @throws DeviceUnavailableError, ResumeMismatchError, and the errors of engine, weights, decoders and disk.
 */
export async function openTraining(opening: Opening, opened: Opened, signal: AbortSignal): Promise<Training> {
  const { prepared, surroundings } = opening;
  const { settings, plan } = prepared;
  const { link, outputDir, logger, nowMs, patience, recordsJob, rank } = surroundings;
  const fileOf = (name: keyof typeof RUN_FILES): string => join(outputDir, RUN_FILES[name]);
  if (recordsJob && rank === 0) {
    const job = await link.job(signal);
    const recording = { doing: 'writing', path: fileOf('job') };
    await patience.with(recording, () => recordJob(outputDir, job), signal);
  }
  const engine = await openEngine(opening, opened);
  const checkpoints = await openCheckpoints(opening);
  const found = settings.checkpoint.resume ? await checkpoints.newest() : null;
  const network = await startingNetwork(opening, found !== null);
  const share = shareForJob(prepared, surroundings, engine.device.kind);
  const { gradientSets } = share;
  const { seed, precision, batchNormMomentum, augmentation } = settings;
  const store = opened.keep(
    'the parameters',
    await createStore(engine, network, settings, { gradientSets, cores: settings.cores }),
    (it) => {
      it.dispose();
    },
  );
  const state = await TrainingState.start({
    plan,
    network,
    store,
    seed,
    precision,
    batchNormMomentum,
    nowMs,
  });
  await resume(opening, state, found);
  const log = opened.keep(
    'the log of metrics',
    await MetricsLog.open(fileOf('metrics'), { onEvent: surroundings.onEvent, patience }),
    (it) => it.close(),
  );
  const loader = await openLoader(opening, opened, { decoders: share.decoders, state, log });
  const clips = new ClipSource({ train: loader, lists: prepared.lists, seed, augmentation });
  const limits = limitsOf(engine, share, settings.cores);
  const steps = opened.keep(
    'the graphs of the steps',
    await patience.with({ doing: 'reading', path: fileOf('microBatches') }, () =>
      openSteps(
        settings,
        { engine, network, store, ...limits },
        { access: { path: fileOf('microBatches'), isWriter: rank === 0 }, state, log, logger },
      ),
    ),
    (it) => it.dispose(),
  );
  const evaluator = new Evaluator({
    ...{ engine, network, store, ...limits },
    onReduced: ({ size, to, cause }) => {
      logger.warn('EvaluationReduced', { ...size, ...to, cause });
    },
  });
  return stagesOf(opening, { network, store, state, steps, evaluator, clips, checkpoints, log });
}

interface OpenedParts {
  readonly network: Network;
  readonly store: ParameterStore;
  readonly state: TrainingState;
  readonly steps: StepKit;
  readonly evaluator: Evaluator;
  readonly clips: ClipSource;
  readonly checkpoints: CheckpointStore;
  readonly log: MetricsLog;
}

/** Gives every stage what it uses. */
function stagesOf({ prepared, surroundings, reporter }: Opening, parts: OpenedParts): Training {
  const { settings, plan, classNames } = prepared;
  const { link, logger, nowMs, outputDir, patience, recordsJob } = surroundings;
  const { network, store, state, steps, evaluator, clips, checkpoints, log } = parts;
  const { directiveGraceMs } = settings;
  const { everyIterations } = settings.checkpoint;
  const said = { log, reporter, logger, nowMs };
  const checkpointing = new Checkpointing({ state, checkpoints, everyIterations, log, reporter, nowMs });
  const evaluations = new Evaluations({ plan, settings, network, state, steps, evaluator, clips, ...said });
  const boundary = new Boundary({
    ...{ plan, state, link, directiveGraceMs, evaluations, checkpointing },
    ...{ reporter, logger, nowMs },
  });
  const phases = new PhaseEntry({ plan, state, steps, log, logger, nowMs });
  const step = new TrainingStep({
    ...{ plan, settings, state, store, steps, clips, ...said },
    collective: SOLO,
  });
  return {
    probe: { plan, settings, state, steps, logger },
    loop: { plan, state, clips, phases, step, boundary, checkpointing, nowMs },
    finish: {
      ...{ plan, settings, network, store, state, evaluations, log, reporter, link },
      ...{ outputDir, patience, recordsJob, classNames },
    },
    checkpointing,
    state,
    steps,
  };
}

async function openEngine({ prepared, surroundings }: Opening, opened: Opened): Promise<Engine> {
  const { onnxRuntime: libraryPath, logger } = surroundings;
  const { activationBytes } = shareForJob(prepared, surroundings, 'cpu');
  const engine = await openDevice({ settings: prepared.settings, libraryPath, activationBytes }, logger);
  return opened.keep('the engine', engine, (it) => {
    it.dispose();
  });
}

/** The run's checkpoints, without what killed writes have left. */
async function openCheckpoints({ prepared, surroundings }: Opening): Promise<CheckpointStore> {
  const { outputDir, rank, logger, patience, sleep } = surroundings;
  const { keep, adopt } = prepared.spec.checkpoint;
  const owner = { job: prepared.identity, adopt };
  const checkpoints = new CheckpointStore(outputDir, keep, owner, {
    patience,
    beforeSecondLook: () => sleep(SECOND_LOOK_MS, new AbortController().signal),
    onWarning: (message, fields) => {
      logger.warn(message, fields);
    },
  });
  if (rank === 0) {
    await checkpoints.removeLeftovers();
  }
  return checkpoints;
}

/** Runs of a graph, of steps and evaluations alike. */
function limitsOf(
  { device }: Engine,
  { lanes, activationBytes }: MachineShare,
  cores: number,
): { readonly cores: number; readonly lanes: number; readonly activationBytes: number | undefined } {
  return device.kind === 'cuda'
    ? { cores: 1, lanes, activationBytes: undefined }
    : { cores, lanes, activationBytes };
}

/** The network with its first values: pretrained ones where the job names them and nothing has been trained yet. */
async function startingNetwork(
  { prepared, surroundings, reporter }: Opening,
  isResumed: boolean,
): Promise<Network> {
  const { settings, network } = prepared;
  const { outputDir, rank, logger, patience } = surroundings;
  const isWriter = rank === 0;
  if ('path' in settings.network) {
    const recordPath = join(outputDir, RUN_FILES.network);
    const { path } = settings.network;
    await patience.with({ doing: 'reading', path }, () =>
      recordNetworkFile(path, { recordPath, isResumed, isWriter }),
    );
  }
  if (isResumed) {
    return network;
  }
  const recordPath = isWriter ? join(outputDir, RUN_FILES.pretrained) : null;
  return patience.with({ doing: 'reading', path: settings.pretrained?.path ?? '' }, () =>
    startFromPretrained(network, settings.pretrained, { recordPath, logger, reporter }),
  );
}

/** Goes on from the newest whole checkpoint; the metrics log is cut back to it, so every iteration is in it once. */
async function resume(
  { surroundings, reporter }: Opening,
  state: TrainingState,
  found: FoundCheckpoint | null,
): Promise<void> {
  const { logger, outputDir, patience } = surroundings;
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

async function openLoader(
  { prepared, surroundings: { logger, patience } }: Opening,
  opened: Opened,
  {
    decoders,
    state,
    log,
  }: { readonly decoders: number; readonly state: TrainingState; readonly log: MetricsLog },
): Promise<ClipLoader> {
  const { cacheMiB, maxBadFraction } = prepared.spec.data.loader;
  const loader = await ClipLoader.create({
    ...{ videos: prepared.lists.train, decoders, cacheMiB, maxBadFraction, patience },
    pictures: datasetFormat().pictures,
    onBadClip: ({ path, reason, message }) => {
      log.append({ kind: 'badClip', seconds: state.seconds(), iteration: state.iteration, path, reason });
      logger.warn('clip replaced', { path, reason, message });
    },
    onGap: (gap) => {
      logger.warn('decoders are not wholly confined', { gap, see: 'SECURITY.md' });
    },
  });
  return opened.keep('the decoders', loader, async (it) => {
    if (!(await endsWithin(DECODERS_END_MS, it.dispose()))) {
      logger.warn('the decoders do not end and are left behind', { waitedMs: DECODERS_END_MS });
    }
  });
}
