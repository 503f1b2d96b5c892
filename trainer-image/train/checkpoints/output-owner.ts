/**
 * Whose an output folder is: the job that its job.yaml names, else the one that its newest checkpoint names. In come the
 * folder and the job that wants it, out comes nothing, or the refusal of a folder in which another job has left its run.
 * Nothing in a refused folder is touched.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FOLDER, newestManifest } from '../../../multigrid/contract/checkpoint-names.ts';
import { parsedJson, valueAt } from '../../../multigrid/json/fields.ts';
import {
  type Adoption,
  identityOf,
  isSameJob,
  type JobIdentity,
  jobInWords,
  mayTakeUp,
  readIdentity,
} from '../../../multigrid/object/job-identity.ts';
import { parseJob } from '../../../multigrid/object/job-text.ts';
import { isMissing } from '../../../storage/trouble.ts';
import { RUN_FILES } from '../../run-folder/run-folder.ts';

/** The output folder holds what another job has left, and the manifest does not say that this one may go on with it. */
export class OutputOfAnotherJobError extends Error {
  override readonly name = 'OutputOfAnotherJobError';

  /** @param owner - whose the folder is; null: its checkpoints do not say it, and there is no job.yaml */
  constructor(folder: string, owner: JobIdentity | null, job: JobIdentity) {
    const holds =
      owner === null
        ? `checkpoints that do not say whose they are, and no ${RUN_FILES.job}`
        : `the run of job ${jobInWords(owner)}`;
    super(
      `the output folder ${folder} holds ${holds}, and this job is ${jobInWords(job)}; nothing in it was touched. Give this ` +
        'job another folder (spec.volumes.outputSubPath, another volume or another name), or remove what lies there; ' +
        'spec.checkpoint.adopt: SameName lets a job resume what an earlier job of its namespace and name has left',
    );
  }
}

/** Who left something in a folder. `unnamed`: somebody did, and nothing says who. */
export type OutputOwner =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'job'; readonly job: JobIdentity }
  | { readonly kind: 'unnamed' };

/** @throws OutputOfAnotherJobError when the folder is not the job's and it may not take it over. */
export async function requireOwnOutput(
  folder: string,
  { job, adopt }: { readonly job: JobIdentity; readonly adopt: Adoption },
): Promise<void> {
  const owner = await ownerOfOutput(folder);
  if (owner.kind === 'job' && !mayTakeUp(job, owner.job, adopt)) {
    throw new OutputOfAnotherJobError(folder, owner.job, job);
  }
  if (owner.kind === 'unnamed' && adopt === 'Never') {
    throw new OutputOfAnotherJobError(folder, null, job);
  }
}

/** Whether the folder's job.yaml is this very job's. */
export async function isRecorded(folder: string, job: JobIdentity): Promise<boolean> {
  const recorded = await recordedJob(join(folder, RUN_FILES.job));
  return recorded !== null && isSameJob(recorded, job);
}

export async function ownerOfOutput(folder: string): Promise<OutputOwner> {
  const recorded = await recordedJob(join(folder, RUN_FILES.job));
  return recorded === null ? ownerOfCheckpoints(folder) : { kind: 'job', job: recorded };
}

/** Who wrote the newest checkpoint. */
export async function ownerOfCheckpoints(folder: string): Promise<OutputOwner> {
  const checkpoints = join(folder, CHECKPOINT_FOLDER);
  const newest = newestManifest((await orMissing(readdir(checkpoints))) ?? []);
  if (newest === null) {
    return { kind: 'nobody' };
  }
  const job = jobOfManifest(await readFile(join(checkpoints, newest), 'utf8'));
  return job === null ? { kind: 'unnamed' } : { kind: 'job', job };
}

/** Null when there is none, or it is no job: then the checkpoints have to say it. */
async function recordedJob(path: string): Promise<JobIdentity | null> {
  const text = await orMissing(readFile(path, 'utf8'));
  try {
    return text === null ? null : identityOf(parseJob(text, path));
  } catch {
    return null;
  }
}

function jobOfManifest(text: string): JobIdentity | null {
  return readIdentity(valueAt(parsedJson(text), 'job'));
}

/** @throws what the disk says, unless it is that there is no such file. */
async function orMissing<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw error;
  }
}
