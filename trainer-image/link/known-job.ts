/**
 * The newest version of the job that a link has seen, and whoever waits for the next one. In come versions, out go the
 * plan, the directives, and which pods have ended. Used by both implementations of JobLink.
 */
import { isOlderVersion } from '../../multigrid/contract/resource-version.ts';
import type { Directive } from '../../multigrid/directive.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { timeoutSignal } from '../../timing/timers.ts';

export class KnownJob {
  readonly #waiting = new Set<() => void>();
  #job: StoredJob | null = null;

  /** Takes a version unless it is older than the one known: for sources that answer out of order. */
  learnIfNewer(job: StoredJob): void {
    const known = this.#job?.metadata.resourceVersion;
    if (!isOlderVersion(job.metadata.resourceVersion, known)) {
      this.learn(job);
    }
  }

  learn(job: StoredJob): void {
    this.#job = job;
    for (const wake of [...this.#waiting]) {
      wake();
    }
  }

  /** The newest version; null before the first one. */
  get newest(): StoredJob | null {
    return this.#job;
  }

  /** The newest version; waits for the first one. */
  job(signal?: AbortSignal): Promise<StoredJob> {
    return this.find((job) => job, signal);
  }

  plan(signal?: AbortSignal): Promise<Plan> {
    return this.find(({ status }) => status?.plan ?? null, signal);
  }

  /** What `look` finds in the first version in which it finds something. */
  async find<T>(look: (job: StoredJob) => T | null, signal?: AbortSignal): Promise<T> {
    for (;;) {
      const found = this.#job === null ? null : look(this.#job);
      if (found !== null) {
        return found;
      }
      await this.#change(null, signal);
    }
  }

  directive(): Directive | null {
    return this.#job?.status?.directive ?? null;
  }

  /** Whether the operator says that the trainer of this pod has ended for certain. False while nothing is known. */
  hasEnded(podUid: string): boolean {
    return this.#job?.status?.endedPods?.some(({ uid }) => uid === podUid) ?? false;
  }

  async nextDirective(
    afterGeneration: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Directive | null> {
    let timeout: AbortSignal | null = null;
    for (;;) {
      const directive = this.directive();
      if (directive !== null && directive.generation > afterGeneration) {
        return directive;
      }
      timeout ??= timeoutSignal(timeoutMs);
      if (timeout.aborted) {
        return null;
      }
      await this.#change(timeout, signal);
    }
  }

  /** Resolves at the next version of the object, or when `timeout` is over; rejects when `signal` aborts. */
  async #change(timeout: AbortSignal | null, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.add(wake);
    timeout?.addEventListener('abort', wake);
    signal?.addEventListener('abort', wake);
    try {
      await promise;
    } finally {
      this.#waiting.delete(wake);
      timeout?.removeEventListener('abort', wake);
      signal?.removeEventListener('abort', wake);
    }
    signal?.throwIfAborted();
  }
}
