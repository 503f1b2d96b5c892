/**
 * What is to be run: the manifest, read and checked together with its data before anything is started, so that a wrong
 * path or label costs a second and not a run. In comes a path, out comes the job to store and its plan.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { readManifest } from '../../multigrid/api/manifest.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { datasetFormat } from '../../trainer-image/data/formats/dataset-format.ts';
import { listFormOf } from '../../trainer-image/data/formats/kinetics-list.ts';
import { tryOwnNetwork } from '../manifest/own-network.ts';
import {
  ManifestInvalidError,
  ManifestUnreadableError,
  NetworkRefusedError,
  PlanRefusedError,
} from './run-errors.ts';
import { sha256Hex } from '../../storage/sha256.ts';

export interface RunRequest {
  /** The manifest with all defaults in, as it is stored. */
  readonly job: StoredJob;
  readonly spec: FilledSpec;
  readonly plan: Plan;
  /** Folder that the paths of the manifest start from. */
  readonly dataRoot: string;
}

export interface RequestOptions {
  /** In the place of the manifest's `workers.replicas`; its `processesPerWorker` is of pods. */
  readonly workers?: number | undefined;
}

/**
 * @throws ManifestUnreadableError, ManifestInvalidError, PlanRefusedError, NetworkRefusedError
 * @throws VideoListError when a list of videos cannot be used.
 */
export async function readRunRequest(
  manifestPath: string,
  { workers }: RequestOptions = {},
): Promise<RunRequest> {
  const dataRoot = dirname(resolve(manifestPath));
  const text = await readFile(manifestPath, 'utf8').catch((error: unknown) => {
    throw new ManifestUnreadableError(manifestPath, error);
  });
  const reading = readManifest(text);
  if (!reading.ok) {
    throw new ManifestInvalidError(manifestPath, reading.errors);
  }
  const { job } = reading;
  const replicas = workers ?? job.spec.workers.replicas;
  // Here every worker is one process.
  const here = { replicas, processesPerWorker: 1 };
  const spec = { ...reading.spec, workers: { ...reading.spec.workers, ...here } };
  const clips = await countTrainingClips(spec, dataRoot);
  const plan = planTraining(spec, clips, sha256Hex);
  if (plan.problems.length > 0) {
    throw new PlanRefusedError(manifestPath, plan.problems);
  }
  const { problem } = tryOwnNetwork(spec, plan, dataRoot);
  if (problem !== null) {
    throw new NetworkRefusedError(manifestPath, problem);
  }
  return {
    job: {
      apiVersion: job.apiVersion ?? '',
      kind: job.kind ?? '',
      metadata: job.metadata,
      spec: { ...job.spec, workers: { ...job.spec.workers, ...here } },
    },
    spec,
    plan,
    dataRoot,
  };
}

/**
 * Lines of the training list. Reads the other lists as well: a mistake in them would otherwise show at the first
 * evaluation only.
 *
 * @throws VideoListError
 */
export async function countTrainingClips(spec: FilledSpec, dataRoot: string): Promise<number> {
  const { data } = spec;
  const counts = new Map<string, number>();
  for (const list of new Set([data.train, data.val, data.test])) {
    const path = resolve(dataRoot, list);
    const root = data.root === null ? dirname(path) : resolve(dataRoot, data.root);
    const options = { root, ...listFormOf(spec) };
    counts.set(list, (await datasetFormat().readList(path, options)).videos.length);
  }
  return counts.get(data.train) ?? 0;
}
