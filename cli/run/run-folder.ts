/**
 * The folder of a run: taken by one `multigrid run` at a time, given a new job or opened again for the one it holds. In
 * comes a request, out comes the job file and the lock, or a refusal that says what is in the way.
 */
import { LOCKS } from '../../multigrid/contract/timings.ts';
import { acquireLock, type HeldLock, LONG_HELD } from '../../job-store/file-lock.ts';
import { JobFile } from '../../job-store/job-file.ts';
import type { KnownHolder } from '../../job-store/lock-holder.ts';
import {
  findCondition,
  isConditionTrue,
  isFinished,
  type StoredJob,
} from '../../multigrid/object/job-object.ts';
import { type Directive, directiveFor } from '../../multigrid/directive.ts';
import { jobInWords } from '../../multigrid/object/job-identity.ts';
import { JobFileExistsError, JobFileMissingError } from '../../multigrid/object/object-errors.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { trainingFieldChange } from '../../multigrid/object/training-fields.ts';
import { reopened } from '../../operator/status/reopen.ts';
import { TRAINER_LOCK } from '../../trainer-image/link/output-lock.ts';
import { ownerOfCheckpoints } from '../../trainer-image/train/checkpoints/output-owner.ts';
import {
  ForeignCheckpointsError,
  FolderUnusableError,
  NothingToResumeError,
  RunExistsError,
  RunMismatchError,
} from './run-errors.ts';
import type { RunRequest } from './run-request.ts';
import { makeFolders } from '../../storage/make-folder.ts';

export interface OpenedRun {
  readonly file: JobFile;
  /** To be released when the run is over. */
  readonly lock: HeldLock;
}

export interface OpenOptions {
  /** Go on with the run that the folder holds. */
  readonly resume: boolean;
  /** Told whose lock of the folder is waited for, where that takes longer than a moment. */
  readonly onWaiting?: ((holder: KnownHolder) => void) | undefined;
}

const RUN_LOCK = 'run.lock';

/** @throws RunRefusedError or LockTimeoutError when the folder cannot be used for this request. */
export async function openRunFolder(
  folder: string,
  request: RunRequest,
  { resume, onWaiting }: OpenOptions,
): Promise<OpenedRun> {
  await makeFolders(folder).catch((error: unknown) => {
    throw new FolderUnusableError(folder, error);
  });
  const file = new JobFile(folder, nodeEffects);
  const lock = await acquireLock(`${folder}/${RUN_LOCK}`, nodeEffects, {
    ...LONG_HELD,
    timeoutMs: LOCKS.controllerWaitMs,
    onWaiting,
  });
  try {
    await (resume ? reopen(file, request, onWaiting) : create(file, request));
    return { file, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function create(file: JobFile, { job }: RunRequest): Promise<void> {
  await refuseForeignCheckpoints(file);
  const creationTimestamp = new Date(nodeEffects.now()).toISOString();
  const metadata = { ...job.metadata, uid: nodeEffects.uniqueId(), creationTimestamp };
  try {
    await file.create({ ...job, metadata });
  } catch (error) {
    if (error instanceof JobFileExistsError) {
      const found = await file.read();
      throw new RunExistsError(file.folder, found.metadata.name, stateInWords(found));
    }
    throw error;
  }
}

/** Without a job.yaml nothing but the checkpoints themselves says whose they are, and a new run is nobody they name. */
async function refuseForeignCheckpoints({ folder, path }: JobFile): Promise<void> {
  const owner = await ownerOfCheckpoints(folder);
  const isRecorded = await nodeEffects.fs.stat(path).then(
    () => true,
    () => false,
  );
  if (owner.kind !== 'nobody' && !isRecorded) {
    throw new ForeignCheckpointsError(folder, owner.kind === 'job' ? jobInWords(owner.job) : null);
  }
}

async function reopen(
  file: JobFile,
  request: RunRequest,
  onWaiting: OpenOptions['onWaiting'],
): Promise<void> {
  const found = await file.read().catch((error: unknown) => {
    throw error instanceof JobFileMissingError ? new NothingToResumeError(file.folder) : error;
  });
  const difference = differenceBetween(found, request);
  if (difference !== null) {
    throw new RunMismatchError(file.folder, difference);
  }
  await waitForEarlierTrainer(file.folder, onWaiting);
  await file.patch({ writer: 'user', spec: request.job.spec });
  const isAgain = isFinished(found) && !isConditionTrue(found, 'Complete');
  const status = { ...(isAgain ? reopened(found) : {}), ...sharedAnew(found, request) };
  if (Object.keys(status).length > 0) {
    await file.patch({ writer: 'operator', status });
  }
}

/** Nobody trains: from here on the batches are shared out among as many workers as are asked for now. */
function sharedAnew({ status }: StoredJob, { spec }: RunRequest): { readonly directive?: Directive } {
  const { plan, directive } = status ?? {};
  const { replicas: workers, microBatch } = spec.workers;
  if (plan === undefined || directive === undefined || directive.workers === workers) {
    return {};
  }
  const generation = directive.generation + 1;
  return { directive: directiveFor(plan, directive.phase, { generation, workers, microBatch }) };
}

async function waitForEarlierTrainer(folder: string, onWaiting: OpenOptions['onWaiting']): Promise<void> {
  const lock = await acquireLock(`${folder}/${TRAINER_LOCK}`, nodeEffects, {
    ...LONG_HELD,
    timeoutMs: LOCKS.orphanWaitMs,
    onWaiting,
  });
  await lock.release();
}

/** The first thing in which the request is not the stored job; null when it is. */
function differenceBetween(found: StoredJob, request: RunRequest): string | null {
  if (found.metadata.name !== request.job.metadata.name) {
    return `its name is ${found.metadata.name}, the manifest's is ${request.job.metadata.name}`;
  }
  const change = trainingFieldChange(found.spec, request.job.spec);
  if (change !== null) {
    const { field, before, after } = change;
    return `its ${field} is ${before}, the manifest's is ${after}, and it cannot change once a job has its plan`;
  }
  const plan = found.status?.plan;
  if (plan !== undefined && plan.hash !== request.plan.hash) {
    const was = plan.totals.iterations;
    const is = request.plan.totals.iterations;
    return was === is
      ? `its plan was made by another version of this program (plan ${plan.hash.slice(0, 12)}, now ${request.plan.hash.slice(0, 12)})`
      : `its plan has ${was} iterations, with the present training list it would have ${is}: the list has changed`;
  }
  return null;
}

function stateInWords(job: StoredJob): string {
  if (isConditionTrue(job, 'Complete')) {
    return 'complete';
  }
  const failed = findCondition(job.status?.conditions, 'Failed');
  if (failed?.status === 'True') {
    return `failed: ${failed.reason}`;
  }
  const { progress } = job.status ?? {};
  return progress === undefined ? 'not begun' : `${Math.floor(progress.percent)} % done`;
}
