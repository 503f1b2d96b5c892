/**
 * A JobApi that answers by a script, for faults no real API server shows when asked: every call takes the next answer of
 * its kind, and waits when there is none yet.
 */
import { ExpiredError, type WatchEvent } from '../../../kube/follow.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import type { JobApi, LeaseRenewal } from '../../../trainer-image/link/cluster/job-api.ts';
import { makeStoredJob } from './jobs.ts';

export function jobVersion(resourceVersion: number, status: StoredJob['status'] = {}): StoredJob {
  const job = makeStoredJob();
  return {
    ...job,
    metadata: { ...job.metadata, resourceVersion: String(resourceVersion) },
    status: status,
  };
}

/** How a scripted watch goes: versions it tells of, then its end. */
export interface ScriptedWatch {
  readonly jobs?: readonly StoredJob[];
  readonly end?: string | null;
  readonly error?: Error;
}

export class ScriptedJobApi implements JobApi {
  readonly calls: string[] = [];
  readonly written: Progress[] = [];
  /** Holders of the lease, one for each renewal. */
  readonly renewals: string[] = [];
  /** What renewals are answered with; null: they are taken. */
  refusal: Error | null = null;
  readonly #reads: (StoredJob | Error)[] = [];
  readonly #plans: unknown[] = [];
  readonly #watches: ScriptedWatch[] = [];
  readonly #writes: (StoredJob | Error)[] = [];
  #wake: (() => void)[] = [];

  read(signal: AbortSignal): Promise<StoredJob> {
    this.calls.push('read');
    return this.#next(this.#reads, signal).then(orThrow);
  }

  readPlan(signal: AbortSignal): Promise<unknown> {
    this.calls.push('read the plan');
    return this.#next(this.#plans, signal).then((answer) => {
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    });
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<StoredJob>> {
    this.calls.push(`watch ${resourceVersion}`);
    const { jobs = [], end, error } = await this.#next(this.#watches, signal);
    for (const object of jobs) {
      yield { type: 'changed', object, resourceVersion: object.metadata.resourceVersion ?? '' };
    }
    if (error !== undefined) {
      throw error;
    }
    if (end === undefined || end === null) {
      throw new ExpiredError('the version is too old');
    }
    yield { type: 'bookmark', resourceVersion: end };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async writeProgress(progress: Progress): Promise<StoredJob> {
    const answer = orThrow(await this.#next(this.#writes, new AbortController().signal));
    this.written.push(progress);
    return answer;
  }

  renewLease({ holder }: LeaseRenewal): Promise<null> {
    this.renewals.push(holder);
    return this.refusal === null ? Promise.resolve(null) : Promise.reject(this.refusal);
  }

  willRead(...answers: readonly (StoredJob | Error)[]): void {
    this.#reads.push(...answers);
    this.#wakeAll();
  }

  willReadPlan(...answers: readonly unknown[]): void {
    this.#plans.push(...answers);
    this.#wakeAll();
  }

  willWatch(...answers: readonly ScriptedWatch[]): void {
    this.#watches.push(...answers);
    this.#wakeAll();
  }

  willWrite(...answers: readonly (StoredJob | Error)[]): void {
    this.#writes.push(...answers);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) {
      wake();
    }
  }

  async #next<T>(answers: T[], signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const answer = answers.shift();
      if (answer !== undefined) {
        return answer;
      }
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = (): void => {
        resolve(undefined);
      };
      this.#wake.push(wake);
      signal.addEventListener('abort', wake, { once: true });
      await promise;
    }
  }
}

function orThrow(answer: StoredJob | Error): StoredJob {
  if (answer instanceof Error) {
    throw answer;
  }
  return answer;
}
