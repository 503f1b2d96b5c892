/**
 * What the trainer needs of an API server: read its own job, write its progress, hear of changes. `api-server.ts` does it,
 * `follow-job.ts` and `cluster-job-link.ts` use it.
 */
import { CRD_NAME } from '../../../multigrid/contract/names.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';

export interface JobApi {
  /**
   * @throws JobGoneError when the job does not exist; ApiRequestError when the server refuses or cannot be reached.
   */
  read(signal?: AbortSignal): Promise<StoredJob>;

  /**
   * Writes `status.progress` and nothing else, and only into the job that was read first.
   *
   * @returns the whole job after the write
   * @throws as `read`.
   */
  writeProgress(progress: Progress): Promise<StoredJob>;

  /**
   * Tells of every version after `resourceVersion` until the server ends the stream, the line goes dead, or `signal`
   * aborts.
   *
   * @returns the version to go on from; null when that is not known any more and the job has to be read again
   * @throws JobGoneError when the job is deleted; ApiRequestError.
   */
  watch(
    resourceVersion: string,
    onJob: (job: StoredJob) => void,
    signal: AbortSignal,
  ): Promise<string | null>;
}

/** The trainer's job was deleted, or another one stands in its place. There is nothing to train for any more. */
export class JobGoneError extends Error {
  override readonly name = 'JobGoneError';

  constructor(job: string, what: string, options?: ErrorOptions) {
    super(`the job ${job} ${what}; saving and ending`, options);
  }
}

/** A request to the API server that failed and may work when it is made again. */
export class ApiRequestError extends Error {
  override readonly name = 'ApiRequestError';
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;

  constructor(what: string, status: number | null, reason: string, options?: ErrorOptions) {
    super(`${what} failed (${status ?? 'no answer'}): ${reason}${adviceFor(status)}`, options);
    this.status = status;
  }
}

const ADVICE: Readonly<Record<number, string>> = {
  401: "; the pod's service account token was not accepted, it is read again every minute",
  403: '; the Role and RoleBinding that carry the name of the job must allow get and watch of the job and patch of its status',
  404: `; is the CustomResourceDefinition ${CRD_NAME} installed?`,
  422: '; operator, trainer and CustomResourceDefinition may be of different versions',
};

function adviceFor(status: number | null): string {
  return status === null ? '' : (ADVICE[status] ?? '');
}
