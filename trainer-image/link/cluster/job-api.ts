/**
 * What the trainer needs of an API server: read its own job and its plan, write its progress, show that it lives, hear of changes.
 */
import type { WatchEvent } from '../../../kube/follow.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';

export interface JobApi {
  /**
   * @throws JobGoneError when the job does not exist; ApiError or ApiUnreachableError when the server refuses or cannot be
   *   reached.
   */
  read(signal?: AbortSignal): Promise<StoredJob>;

  /**
   * What is stored as the plan of the job; nobody has looked into it yet.
   *
   * @throws ApiError also while there is none; ApiUnreachableError.
   */
  readPlan(signal: AbortSignal): Promise<unknown>;

  /**
   * Writes `status.progress` and nothing else, and only into the job that was read first.
   *
   * @returns the whole job after the write
   * @throws as `read`.
   */
  writeProgress(progress: Progress): Promise<StoredJob>;

  /**
   * Shows that the trainer lives.
   *
   * @returns how long a trainer that answers its kubelet may be silent, milliseconds; null: the lease does not say
   * @throws ApiError when the server refuses; ApiUnreachableError.
   */
  renewLease(renewal: LeaseRenewal, signal: AbortSignal): Promise<number | null>;

  /**
   * Every change after `resourceVersion`, until the server ends the stream or `signal` aborts.
   *
   * @throws ExpiredError when that version is not known any more and the job has to be read again; else as `read`.
   */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<StoredJob>>;

  /** Lets the connections go. */
  close(): Promise<void>;
}

export interface LeaseRenewal {
  /** Who renews it: the name of a pod. */
  readonly holder: string;
  /** Milliseconds since 1970, by its clock. */
  readonly renewedMs: number;
}

/** The trainer's job was deleted, or another one stands in its place. There is nothing to train for any more. */
export class JobGoneError extends Error {
  override readonly name = 'JobGoneError';

  constructor(job: string, what: string, options?: ErrorOptions) {
    super(`the job ${job} ${what}; saving and ending`, options);
  }
}
