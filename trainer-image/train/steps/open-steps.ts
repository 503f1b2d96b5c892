/**
 * The step kit of a run: cuts that an earlier trainer of the run found are remembered, new ones are noted down, logged and
 * kept for the next. In: settings, engine, network, store. Out: a `StepKit`.
 */
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import type { CutCircumstances } from '../../run-folder/cuts-file.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { Reduction } from '../memory/partition.ts';
import { type CutsAccess, RememberedCuts } from '../memory/remembered-cuts.ts';
import type { TrainingSettings } from '../settings.ts';
import { reductionEvent } from './shape-runner.ts';
import type { TrainingState } from '../state.ts';
import { StepKit } from './step-kit.ts';
import type { Logger } from '../logger.ts';

export interface StepKitParts {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly cores: number;
  /** Most runs in flight at once. */
  readonly lanes: number;
  /** What all runs together may take, bytes; undefined: the device's own limit. */
  readonly activationBytes: number | undefined;
}

export interface CutsPlace {
  readonly cuts: Omit<CutsAccess, 'isResumed'>;
  readonly state: Pick<TrainingState, 'iteration' | 'seconds'>;
  readonly log: Pick<MetricsLog, 'append'>;
  readonly logger: Logger;
}

export async function openSteps(
  settings: TrainingSettings,
  parts: StepKitParts,
  { cuts: access, state, log, logger }: CutsPlace,
): Promise<StepKit> {
  const { microBatch, recompute, precision, seed } = settings;
  const cuts = await RememberedCuts.open(
    { ...access, isResumed: settings.checkpoint.resume },
    circumstancesOf(settings, parts),
  );
  const steps = new StepKit({
    ...{ ...parts, seed, microBatch, recompute },
    graphs: { device: parts.engine.device.kind, precision },
    onReduced: async (reduction) => {
      const event = reductionEvent(reduction, { seconds: state.seconds(), iteration: state.iteration });
      log.append(event);
      logger.warn('MicroBatchReduced', { ...event, cause: reduction.cause });
      await noteDown(cuts, reduction, logger);
    },
  });
  for (const { shape, partition } of cuts.known()) {
    const { clipsPerRun, lanes } = partition.layout;
    logger.info('cut as before', { ...shape, clipsPerRun, lanes, recomputes: partition.recomputes });
    steps.remember(shape, partition);
  }
  return steps;
}

function circumstancesOf(
  { microBatch, recompute, precision, cuda }: TrainingSettings,
  { engine, cores, activationBytes }: StepKitParts,
): CutCircumstances {
  const limitMiB = cuda.memoryLimitMiB;
  return {
    ...{ cores, microBatch, recompute, precision },
    device: engine.device.kind,
    activationBytes: activationBytes ?? (limitMiB === null ? null : limitMiB * 2 ** 20),
  };
}

/** A training that cannot note a cut down goes on: after a restart it is found again. */
async function noteDown(cuts: RememberedCuts, reduction: Reduction, logger: Logger): Promise<void> {
  try {
    await cuts.note(reduction);
  } catch (error) {
    logger.warn('the cut could not be noted down', {
      reason: messageOf(error),
    });
  }
}
