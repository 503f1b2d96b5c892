/**
 * The network of a run with the values of one of its checkpoints. In: the run's folder and, if wanted, a file of weights
 * other than its newest checkpoint, and the place that the file of a network of one's own was moved to. Out: network,
 * values, and what an export says of them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJob } from '../../multigrid/api/read-job.ts';
import { parseJob } from '../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { Network, NetworkValues } from '../../trainer-image/models/network.ts';
import { readResult } from '../../trainer-image/run-folder/result-file.ts';
import { RUN_FILES, RunFolderError } from '../../trainer-image/run-folder/run-folder.ts';
import { CheckpointStore } from '../../trainer-image/train/checkpoints/checkpoint-store.ts';
import { modelMetadata } from '../../trainer-image/train/model-metadata.ts';
import { openNetwork } from '../../trainer-image/train/preparing/open-network.ts';
import { settingsOf } from '../../trainer-image/train/preparing/settings-of-job.ts';
import type { TrainingSettings } from '../../trainer-image/train/settings.ts';
import { ownNetworkFile } from './own-network-file.ts';
import { loadWeights } from '../../trainer-image/weights/load-weights.ts';
import { openWeights } from '../../trainer-image/weights/open-weights.ts';

export interface TrainedRun {
  readonly name: string;
  readonly network: Network;
  readonly values: NetworkValues;
  readonly settings: TrainingSettings;
  /** Names in label order; empty when the run has no result yet, or its manifest names none. */
  readonly classNames: readonly string[];
  /** The file that the values are from. */
  readonly source: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface TrainedRunFiles {
  /** Weights; null: the newest valid checkpoint of the run. */
  readonly checkpoint: string | null;
  /** ONNX file of a network of one's own; null: where the run found it. */
  readonly network: string | null;
}

/**
 * Reads a run.
 *
 * @throws RunFolderError when the folder holds no run or no checkpoint yet, or its network's file is not there.
 * @throws OnnxFileError, OnnxUnsupportedError when that file is damaged.
 * @throws WeightsFileError, WeightsMismatchError when the file cannot be read or is another network's.
 */
export async function readTrainedRun(
  folder: string,
  { checkpoint, network: networkFile }: TrainedRunFiles,
): Promise<TrainedRun> {
  const job = await readStoredJob(folder);
  const settings = settingsOf(readJob(job), {
    name: job.metadata.name,
    dataDir: folder,
    cores: 1,
    directiveGraceMs: 0,
  });
  const network = await networkOfRun(folder, settings.network, networkFile);
  const source = checkpoint ?? (await newestCheckpoint(folder));
  const result = await readResult(join(folder, RUN_FILES.result));
  const classNames = result?.classNames ?? [];
  const planHash = job.status?.plan?.hash ?? '';
  return {
    name: job.metadata.name,
    network,
    values: await valuesOf(network, source),
    settings,
    classNames,
    source,
    metadata: modelMetadata(settings, { planHash, classNames }),
  };
}

async function networkOfRun(
  folder: string,
  settings: TrainingSettings['network'],
  file: string | null,
): Promise<Network> {
  const silent = { info: (): void => undefined };
  if ('path' in settings) {
    return openNetwork({ ...settings, path: await ownNetworkFile(folder, file) }, silent);
  }
  if (file !== null) {
    throw new RunFolderError(`${folder} trains a network of the zoo; --network is for runs of an ONNX file`);
  }
  return openNetwork(settings, silent);
}

async function readStoredJob(folder: string): Promise<StoredJob> {
  const path = join(folder, RUN_FILES.job);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunFolderError(
      `${folder} holds no run: ${RUN_FILES.job} cannot be read. Give the folder named with --output of multigrid run.`,
      { cause },
    );
  }
  return parseJob(text, path);
}

async function newestCheckpoint(folder: string): Promise<string> {
  const found = await new CheckpointStore(folder, 1).newest();
  if (found === null) {
    throw new RunFolderError(
      `${folder} has no checkpoint yet. Wait for the first, or give one with --checkpoint.`,
    );
  }
  return join(folder, found.reference.path);
}

async function valuesOf(network: Network, path: string): Promise<NetworkValues> {
  const source = await openWeights(path, 'safetensors');
  try {
    const { values, report } = await loadWeights(network, source, { allowMissing: false });
    if (report.newHeadReason !== null) {
      throw new RunFolderError(`${path} has another classifier than the run: ${report.newHeadReason}.`);
    }
    return values;
  } finally {
    await source.close();
  }
}
