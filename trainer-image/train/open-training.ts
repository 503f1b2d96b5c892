/**
 * Everything a training is made of, opened in order: what is trained, the log, the clips, the graphs of the steps, evaluation. In:
 * what was prepared. Out: the parts of the three stages that follow (probe, train, finish), each with what it uses. Whatever is
 * opened goes into the care of `opened`.
 */
import { join } from 'node:path';
import type { Opened } from '../closing.ts';
import { MetricsLog } from '../run-folder/metrics-log.ts';
import { onRunFile } from '../run-folder/on-run-file.ts';
import { recordJob } from '../run-folder/record-job.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import { Boundary } from './borders/boundary.ts';
import { Checkpointing } from './borders/checkpointing.ts';
import { PhaseEntry } from './borders/phase-entry.ts';
import type { ClipSource } from './clip-source.ts';
import type { Collective } from './collective/collective.ts';
import { collectiveOn } from './collective/on-device.ts';
import { type EventLog, JointLog } from './collective/joint-log.ts';
import { requireGroupsOnGpus } from './collective/step-share.ts';
import { Evaluator } from './evaluation/evaluate.ts';
import { Evaluations } from './evaluation/evaluations.ts';
import type { FinishParts } from './finish.ts';
import type { LoopParts } from './loop.ts';
import { openClips } from './opening/open-clips.ts';
import { openState, type OpenState } from './opening/open-state.ts';
import type { Opening } from './opening/opening.ts';
import type { TrainingState } from './state/training-state.ts';
import { openSteps } from './steps/open-steps.ts';
import type { ProbeParts } from './steps/probe-memory.ts';
import type { StepKit } from './steps/step-kit.ts';
import type { Surroundings } from './surroundings.ts';
import { TrainingStep } from './training-step.ts';

/** An open training, by the stages it goes through. */
export interface Training {
  readonly probe: ProbeParts;
  readonly loop: LoopParts;
  readonly finish: FinishParts;
  readonly checkpointing: Checkpointing;
  readonly state: TrainingState;
  readonly steps: StepKit;
}

/**
 * @throws DeviceUnavailableError, ResumeMismatchError, GroupsSpanGpusError, and the errors of engine, weights, decoders and disk.
 */
export async function openTraining(opening: Opening, opened: Opened, signal: AbortSignal): Promise<Training> {
  const { prepared, surroundings } = opening;
  const { link, outputDir, logger, recordsJob, rank } = surroundings;
  const { settings } = prepared;
  if (recordsJob && rank === 0) {
    const job = await link.job(signal);
    await onRunFile(surroundings, 'writing', 'job', () => recordJob(outputDir, job), signal);
  }
  const trained = await openState(opening, opened);
  if (trained.engine.device.kind === 'cuda') {
    requireGroupsOnGpus(prepared.plan, prepared.worker);
  }
  const collective = await collectiveOn(trained.engine, surroundings.collective, surroundings, opened);
  const { network, store, state, share } = trained;
  const log = await openLog(surroundings, opened);
  const clips = await openClips(opening, opened, { decoders: share.decoders, state, log });
  const runs = { ...limitsOf(trained, settings.cores), engine: trained.engine, network, store };
  const steps = opened.keep(
    'the graphs of the steps',
    await onRunFile(surroundings, 'reading', 'microBatches', (path) =>
      openSteps(
        settings,
        { ...runs, collective },
        { access: { path, isWriter: rank === 0 }, state, log, logger },
      ),
    ),
    (it) => it.dispose(),
  );
  const evaluator = new Evaluator({
    ...runs,
    onReduced: ({ size, to, cause }) => {
      logger.warn('EvaluationReduced', { ...size, ...to, cause });
    },
  });
  return stagesOf(opening, { ...trained, collective, log, clips, steps, evaluator });
}

async function openLog(
  { collective, outputDir, onEvent, patience }: Surroundings,
  opened: Opened,
): Promise<EventLog> {
  const { rank, size } = collective;
  const open = (): Promise<MetricsLog> =>
    MetricsLog.open(join(outputDir, RUN_FILES.metrics), { onEvent, patience });
  const own = rank === 0 ? opened.keep('the log of metrics', await open(), (it) => it.close()) : null;
  return own !== null && size === 1 ? own : new JointLog(collective, own);
}

/** Most runs at once, of steps and evaluations alike, and what they may take. */
function limitsOf(
  { engine, share: { lanes, activationBytes } }: OpenState,
  cores: number,
): { readonly cores: number; readonly lanes: number; readonly activationBytes: number | undefined } {
  return engine.device.kind === 'cuda'
    ? { cores: 1, lanes, activationBytes: undefined }
    : { cores, lanes, activationBytes };
}

interface OpenParts extends OpenState {
  readonly collective: Collective;
  readonly log: EventLog;
  readonly clips: ClipSource;
  readonly steps: StepKit;
  readonly evaluator: Evaluator;
}

/** Gives every stage what it uses. */
function stagesOf({ prepared, surroundings, reporter, stop }: Opening, parts: OpenParts): Training {
  const { settings, plan, worker, classNames } = prepared;
  const { link, rank, logger, nowMs, outputDir, patience, recordsJob } = surroundings;
  const { collective, network, store, state, steps, evaluator, clips, checkpoints, log } = parts;
  const { directiveGraceMs } = settings;
  const { everyIterations } = settings.checkpoint;
  const said = { log, reporter, logger, nowMs };
  const isWriter = rank === 0;
  const checkpointing = new Checkpointing({
    ...{ state, checkpoints, isWriter, everyIterations, log, reporter, nowMs },
  });
  const evaluations = new Evaluations({
    ...{ plan, worker, collective, stop, settings, network, state, steps, evaluator, clips, ...said },
  });
  const boundary = new Boundary({
    ...{ plan, worker, state, link, stop, directiveGraceMs, evaluations, checkpointing },
    ...{ reporter, logger, nowMs },
  });
  const phases = new PhaseEntry({ plan, worker, state, steps, log, logger, nowMs });
  const step = new TrainingStep({
    ...{ plan, worker, collective, stop, settings, state, store, steps, clips, ...said },
  });
  return {
    probe: { plan, worker, stop, settings, state, steps, logger },
    loop: { plan, state, clips, phases, step, boundary, checkpointing, nowMs },
    finish: {
      ...{ plan, settings, network, store, state, evaluations, log, reporter, link },
      ...{ outputDir, patience, isWriter, recordsJob, classNames },
    },
    checkpointing,
    state,
    steps,
  };
}
