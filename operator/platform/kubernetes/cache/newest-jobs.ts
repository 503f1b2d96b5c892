/**
 * The newest version of a job that this operator knows of: what the watch brought, or what its own write was answered
 * with where the watch is still behind. After a write that failed because the job had changed, it asks the server instead
 * of deciding on the same old version again. Used by kubernetes-platform.ts.
 */
import type { StoredJob } from '../../../../multigrid/object/job-object.ts';
import { JobConflictError } from '../../../../multigrid/object/object-errors.ts';
import { keepJob, type KeptJob } from './kept-job.ts';

type Known =
  /** A write of ours onto `basedOn` made this. */
  | { readonly basedOn: string; readonly job: KeptJob }
  /** `basedOn` is known to be old. */
  | { readonly basedOn: string; readonly job: null };

export class NewestJobs {
  readonly #read: (job: KeptJob) => Promise<unknown>;
  readonly #known = new Map<string, Known>();
  /** Of the jobs that are being looked at, by their metadata, which decisions leave as it is. */
  readonly #opened = new WeakMap<StoredJob['metadata'], KeptJob>();

  /** @param read - asks the server; null when there is no such job any more */
  constructor(read: (job: KeptJob) => Promise<unknown>) {
    this.#read = read;
  }

  /** @returns null when the job is gone. */
  async of(cached: KeptJob): Promise<KeptJob | null> {
    const known = this.#known.get(cached.key);
    if (known?.basedOn !== cached.resourceVersion) {
      // The watch has moved on.
      this.#known.delete(cached.key);
      return cached;
    }
    if (known.job !== null) {
      return known.job;
    }
    const newest = keepJob(await this.#read(cached));
    if (newest !== null) {
      this.#known.set(cached.key, { basedOn: cached.resourceVersion, job: newest });
    }
    return newest;
  }

  opened(job: StoredJob, kept: KeptJob): void {
    this.#opened.set(job.metadata, kept);
  }

  /** When the progress in this job arrived, by the server's clock. */
  reportTimeOf(job: StoredJob): number | null {
    return this.#opened.get(job.metadata)?.reportedMs ?? null;
  }

  async write(job: StoredJob, send: () => Promise<KeptJob | null>): Promise<void> {
    const { namespace = '', name, resourceVersion = '' } = job.metadata;
    const key = `${namespace}/${name}`;
    const before = this.#known.get(key);
    // What the watch has is older than what a write before this one was answered with.
    const basedOn = before?.job?.resourceVersion === resourceVersion ? before.basedOn : resourceVersion;
    try {
      this.#known.set(key, { basedOn, job: await send() });
    } catch (error) {
      if (error instanceof JobConflictError) {
        this.#known.set(key, { basedOn, job: null });
      }
      throw error;
    }
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
