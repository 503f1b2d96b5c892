/**
 * Before anything is opened: the job is read and checked together with its data, its plan and its network, so that what cannot
 * work costs a second. All it writes is, into an empty folder, whose that is. In: the job object. Out: what a training is made from.
 */
import { join, resolve } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { readJob } from '../../multigrid/api/read-job.ts';
import { identityOf, type JobIdentity } from '../../multigrid/object/job-identity.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Network } from '../models/network.ts';
import { RUN_FILES } from '../run-folder/run-folder.ts';
import type { CheckpointOwner } from './checkpoints/checkpoint-store.ts';
import { isRecorded, requireOwnOutput } from './checkpoints/output-owner.ts';
import type { VideoLists } from './clip-source.ts';
import { WorkerAloneError } from './errors.ts';
import { requireSame } from './collective/require-same.ts';
import { readClassNames } from './preparing/class-names.ts';
import { dataInWords } from './preparing/data-in-words.ts';
import { requireFit } from './preparing/fit-plan.ts';
import { openNetwork } from './preparing/open-network.ts';
import { classFile, readLists } from './preparing/read-lists.ts';
import type { ProgressReporter } from './progress/progress-reporter.ts';
import { recordJob } from '../run-folder/record-job.ts';
import type { TrainingSettings } from './settings.ts';
import { settingsOf } from './preparing/settings-of-job.ts';
import { requireShares, type Worker, workerOf } from './collective/step-share.ts';
import type { Surroundings } from './surroundings.ts';

export interface Prepared {
  readonly spec: FilledSpec;
  /** Which job it is, as its folder and checkpoints name it. */
  readonly identity: JobIdentity;
  readonly settings: TrainingSettings;
  readonly lists: VideoLists;
  /** Names in label order; empty when the job names none. */
  readonly classNames: readonly string[];
  readonly plan: Plan;
  /** Which of the job's workers this one is. */
  readonly worker: Worker;
  readonly network: Network;
}

/**
 * Waits for the plan, which may need the number of clips that is said here; several workers then see that they agree.
 *
 * @throws InvalidJobError, VideoListError, ClassNamesError, OnnxFileError, OnnxUnsupportedError, NetworkSpecError and
 * NetworkShapeError when job, data and network do not fit together; WorkersDifferError when workers see different data; the
 * signal's reason when aborted.
 */
export async function prepare(
  job: StoredJob,
  surroundings: Surroundings,
  reporter: ProgressReporter,
  signal: AbortSignal,
): Promise<Prepared> {
  const { link, collective, dataDir, outputDir, worldSize, logger, patience, rank } = surroundings;
  const { cores, directiveGraceMs } = surroundings;
  const { apiVersion, kind, metadata } = job;
  // Without the status: an operator newer than this trainer may write what this trainer does not know.
  const spec = readJob({ apiVersion, kind, metadata, spec: job.spec });
  if (worldSize !== collective.size) {
    throw new WorkerAloneError(collective.size, worldSize);
  }
  const identity = identityOf(job);
  if (rank === 0) {
    const taking = { doing: 'writing', path: join(outputDir, RUN_FILES.job) };
    const owner = { ...surroundings, job: identity, adopt: spec.checkpoint.adopt };
    await patience.with(taking, () => takeOutput(job, owner), signal);
  }
  const settings = settingsOf(spec, { name: link.name, dataDir, cores, directiveGraceMs });
  const readingList = { doing: 'reading', path: resolve(dataDir, spec.data.train) };
  patience.saw(join(outputDir, RUN_FILES.job));
  if (job.status?.progress !== undefined) {
    // An earlier trainer has seen it: should its folder be gone, that is the disk's doing.
    patience.saw(readingList.path);
  }
  const lists = await patience.with(readingList, () => readLists(spec, dataDir), signal);
  const classNames = await patience.with(
    readingList,
    () => readClassNames(classFile(spec, dataDir), spec.model.numClasses),
    signal,
  );
  // Said before the plan is there: an operator that cannot see the data waits for the number of clips to make one.
  reporter.counted(lists.train.videos.length);
  await reporter.say('Preparing');
  const plan = await link.plan(signal);
  await requireSame(collective, { ...dataInWords(lists, classNames, dataDir), plan: plan.hash });
  const worker = workerOf(collective, spec.recipe.batchNorm);
  requireShares(plan, worker);
  reporter.planned(plan);
  const readingNetwork = { doing: 'reading', path: 'path' in settings.network ? settings.network.path : '' };
  const network = await patience.with(readingNetwork, () => openNetwork(settings.network, logger), signal);
  requireFit(network, plan, settings);
  return { spec, identity, settings, lists, classNames, plan, worker, network };
}

/** From here on the folder says whose it is, before anything of this job is written into it. */
async function takeOutput(
  job: StoredJob,
  { outputDir, recordsJob, ...owner }: Pick<Surroundings, 'outputDir' | 'recordsJob'> & CheckpointOwner,
): Promise<void> {
  await requireOwnOutput(outputDir, owner);
  // What an earlier trainer of the job has recorded has its plan, which is not known here yet.
  if (recordsJob && !(await isRecorded(outputDir, owner.job))) {
    await recordJob(outputDir, job);
  }
}
