/**
 * What is trained, where the run stands: engine, network, parameters and state, from the newest whole checkpoint or from first
 * values. In: what was prepared. Out: the open parts, and what of the machine they and the runs may take. What lies in the run's
 * folder beyond that checkpoint is cut off.
 */
import { join } from 'node:path';
import { SECOND_LOOK_MS } from '../../../storage/patience.ts';
import type { Opened } from '../../closing.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import { truncateAfter } from '../../run-folder/metrics-log.ts';
import { onRunFile } from '../../run-folder/on-run-file.ts';
import { RUN_FILES } from '../../run-folder/run-folder.ts';
import { CheckpointStore, type FoundCheckpoint } from '../checkpoints/checkpoint-store.ts';
import { tailLength } from '../collective/measured.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { TrainingState } from '../state/training-state.ts';
import { newestCheckpoint } from './newest-checkpoint.ts';
import { openDevice } from './open-device.ts';
import type { Opening } from './opening.ts';
import { recordNetworkFile } from './own-network-record.ts';
import { createStore, shareForJob } from './parameter-memory.ts';
import { startFromPretrained } from './pretrained.ts';
import type { MachineShare } from './share-machine.ts';

export interface OpenState {
  readonly engine: Engine;
  readonly share: MachineShare;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly state: TrainingState;
  readonly checkpoints: CheckpointStore;
}

/** @throws DeviceUnavailableError, ResumeMismatchError, and the errors of engine, weights and disk. */
export async function openState(opening: Opening, opened: Opened): Promise<OpenState> {
  const { prepared, surroundings } = opening;
  const { settings, plan, worker } = prepared;
  const { seed, precision, batchNormMomentum, cores } = settings;
  const { collective, nowMs } = surroundings;
  const engine = await openEngine(opening, opened);
  const checkpoints = await openCheckpoints(opening);
  const found = settings.checkpoint.resume ? await newestCheckpoint(checkpoints, collective) : null;
  const network = await startingNetwork(opening, found !== null);
  const share = shareForJob(prepared, surroundings, engine.device.kind);
  const room = { gradientSets: share.gradientSets, tailLength: tailLength(worker.workers), cores };
  const store = opened.keep('the parameters', await createStore(engine, network, settings, room), (it) => {
    it.dispose();
  });
  const told = { worker, collective, seed, precision, batchNormMomentum, nowMs };
  const state = await TrainingState.start({ plan, network, store, ...told });
  await resume(opening, state, found);
  return { engine, share, network, store, state, checkpoints };
}

async function openEngine({ prepared, surroundings }: Opening, opened: Opened): Promise<Engine> {
  const { onnxRuntime: libraryPath, localRank, logger } = surroundings;
  const { activationBytes } = shareForJob(prepared, surroundings, 'cpu');
  const request = { settings: prepared.settings, libraryPath, localRank, activationBytes };
  const engine = await openDevice(request, logger);
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
  const { logger } = surroundings;
  for (const { path, reason } of found?.skipped ?? []) {
    logger.warn('checkpoint passed over', { path, reason });
  }
  if (found !== null) {
    await state.restore(found.checkpoint);
    logger.info('resumed', { checkpoint: found.reference.path, iteration: state.iteration });
  }
  reporter.resumedAt(state.iteration, found?.reference ?? null);
  if (surroundings.rank === 0) {
    await onRunFile(surroundings, 'writing', 'metrics', (path) => truncateAfter(path, state.iteration));
  }
}
