/**
 * The newest version of a job that this operator knows of: what the watch brought, or what its own newest write was
 * answered with for as long as the watch is behind that, also when it brings an older write of ours first. After a write
 * that failed because the job had changed, the server is asked unless the watch has brought the change.
 */
import { isOlderVersion } from '../../../../multigrid/contract/resource-version.ts';
import type { StoredJob } from '../../../../multigrid/object/job-object.ts';
import { JobConflictError } from '../../../../multigrid/object/object-errors.ts';
import { keepJob, type KeptJob } from './kept-job.ts';

type Known =
  /** The server answered with this. */
  | { readonly kind: 'answered'; readonly job: KeptJob }
  /** There is a newer version than this one. */
  | { readonly kind: 'outdated'; readonly version: string };

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
    if (known?.kind === 'answered' && isOlderVersion(cached.resourceVersion, known.job.resourceVersion)) {
      return known.job;
    }
    if (known?.kind === 'outdated' && !isOlderVersion(known.version, cached.resourceVersion)) {
      const newest = keepJob(await this.#read(cached));
      if (newest !== null) {
        this.#known.set(cached.key, { kind: 'answered', job: newest });
      }
      return newest;
    }
    // The watch is up to date.
    this.#known.delete(cached.key);
    return cached;
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
    try {
      const written = await send();
      if (written !== null) {
        this.#known.set(key, { kind: 'answered', job: written });
      }
    } catch (error) {
      if (error instanceof JobConflictError) {
        this.#known.set(key, { kind: 'outdated', version: resourceVersion });
      }
      throw error;
    }
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
