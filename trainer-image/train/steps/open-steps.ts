/**
 * The step kit of a run: micro-batches that an earlier trainer of the run found are remembered, new ones are noted down, logged
 * and kept for the next. In: settings, engine, network, store. Out: a `StepKit`.
 */
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import type { MicroBatchEvent } from '../../run-folder/events.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { MicroBatchCircumstances } from '../../run-folder/micro-batches-file.ts';
import type { Collective } from '../collective/collective.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';
import { recordOf, type Reduction } from './micro-batches.ts';
import { type MicroBatchesAccess, RememberedMicroBatches } from './remembered-micro-batches.ts';
import { StepKit } from './step-kit.ts';
import type { Logger } from '../logger.ts';

export interface StepKitParts {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly collective: Pick<Collective, 'exchange' | 'sum'>;
  readonly cores: number;
  /** Most runs in flight at once. */
  readonly lanes: number;
  /** What all runs together may take, bytes; undefined: the device's own limit. */
  readonly activationBytes: number | undefined;
}

/** Where reductions are noted down and told. */
export interface ReductionNotes {
  readonly access: Omit<MicroBatchesAccess, 'isResumed'>;
  readonly state: Pick<TrainingState, 'iteration' | 'seconds'>;
  readonly log: Pick<MetricsLog, 'append'>;
  readonly logger: Logger;
}

export async function openSteps(
  settings: TrainingSettings,
  parts: StepKitParts,
  { access, state, log, logger }: ReductionNotes,
): Promise<StepKit> {
  const { microBatch, recompute, precision, seed } = settings;
  const remembered = await RememberedMicroBatches.open(
    { ...access, isResumed: settings.checkpoint.resume },
    circumstancesOf(settings, parts),
  );
  const steps = new StepKit({
    ...{ ...parts, seed, microBatch, recompute },
    graphs: { device: parts.engine.device.kind, precision },
    onReduced: async (reduction) => {
      // On the disk before it is said: what the log knows, a restart knows.
      await noteDown(remembered, reduction, logger);
      const event: MicroBatchEvent = {
        kind: 'microBatch',
        ...{ seconds: state.seconds(), iteration: state.iteration },
        ...recordOf(reduction.shape, reduction.to),
      };
      log.append(event);
      logger.warn('MicroBatchReduced', { ...event, cause: reduction.cause });
    },
  });
  for (const { shape, microBatches } of remembered.known()) {
    logger.info('micro-batches as before', { ...recordOf(shape, microBatches) });
    steps.remember(shape, microBatches);
  }
  return steps;
}

function circumstancesOf(
  { microBatch, recompute, precision, cuda }: TrainingSettings,
  { engine, cores, activationBytes }: StepKitParts,
): MicroBatchCircumstances {
  const limitMiB = cuda.memoryLimitMiB;
  return {
    ...{ cores, microBatch, recompute, precision },
    device: engine.device.kind,
    activationBytes: activationBytes ?? (limitMiB === null ? null : limitMiB * 2 ** 20),
  };
}

/** A training that cannot note micro-batches down goes on: after a restart they are found again. */
async function noteDown(
  remembered: RememberedMicroBatches,
  reduction: Reduction,
  logger: Logger,
): Promise<void> {
  try {
    await remembered.note(reduction);
  } catch (error) {
    logger.warn('the micro-batches could not be noted down', { reason: messageOf(error) });
  }
}
