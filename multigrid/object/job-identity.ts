/**
 * Which job an output folder, a checkpoint or a lock belongs to. In come job objects and what stands in files, out come
 * identities and whether two are of one job. The uid decides: a job that is deleted and created again under its name is
 * another job. Pure.
 */
import type { StoredJob } from './job-object.ts';

export interface JobIdentity {
  /** Empty for a job on one machine whose manifest names none. */
  readonly namespace: string;
  readonly name: string;
  /** Given by the API server, or once by `multigrid run`; empty where neither did. */
  readonly uid: string;
}

/** `spec.checkpoint.adopt`. */
export type Adoption = 'Never' | 'SameName';

export function identityOf({ metadata }: Pick<StoredJob, 'metadata'>): JobIdentity {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' };
}

/** Whether both are one and the same job. Where neither has a uid, the names have to do. */
export function isSameJob(left: JobIdentity, right: JobIdentity): boolean {
  return left.uid === right.uid && (left.uid !== '' || isOfSameName(left, right));
}

/**
 * Whether `job` may go on with what `owner` left: its own, and under `SameName` that of an earlier job of its namespace and
 * name. A job on one machine has no namespace and is of the same name in any.
 */
export function mayTakeUp(job: JobIdentity, owner: JobIdentity, adopt: Adoption): boolean {
  return isSameJob(job, owner) || (adopt === 'SameName' && isOfSameName(job, owner));
}

function isOfSameName(left: JobIdentity, right: JobIdentity): boolean {
  const isSameNamespace =
    left.namespace === right.namespace || left.namespace === '' || right.namespace === '';
  return isSameNamespace && left.name === right.name;
}

/** As in `team-a/first (uid 4a1c…)`. */
export function jobInWords({ namespace, name, uid }: JobIdentity): string {
  const path = namespace === '' ? name : `${namespace}/${name}`;
  return uid === '' ? path : `${path} (uid ${uid})`;
}

/** What `identityOf` made, read back from JSON; null when it is something else. */
export function readIdentity(value: unknown): JobIdentity | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { namespace, name, uid } = { namespace: null, name: null, uid: null, ...value };
  return typeof namespace === 'string' && typeof name === 'string' && typeof uid === 'string'
    ? { namespace, name, uid }
    : null;
}
