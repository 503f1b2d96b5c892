/**
 * The trainer's link to its job through the API server. In come the plan and the directives by watching the job, out
 * goes `status.progress`. Neither a server that is away nor a watch that is cut stops training: what is known holds,
 * what is to be said waits. Only a job that was deleted ends it.
 */
import { REPORTS } from '../../../multigrid/contract/timings.ts';
import type { Directive } from '../../../multigrid/directive.ts';
import type { HeldLock } from '../../../job-store/file-lock.ts';
import type { LockOwner } from '../../../job-store/lock-owner.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import type { JobLink } from '../job-link.ts';
import { KnownJob } from '../known-job.ts';
import { ProgressOutbox } from '../progress-outbox.ts';
import { followJob } from './follow-job.ts';
import { type JobApi, JobGoneError } from './job-api.ts';
import { keepLease } from './keep-lease.ts';
import { legalProgress } from './legal-progress.ts';
import { readPlan } from './read-plan.ts';
import { RenewalTimes } from './renewal-times.ts';
import { isSeen, reportIntervalMs } from './report-interval.ts';
import { Outage, type OutageLogger } from './outage.ts';

export interface ClusterJobLinkOptions {
  readonly name: string;
  readonly api: JobApi;
  /** Name of this pod: who holds the lease. */
  readonly holder: string;
  /** When the kubelet last probed this trainer, on the monotonic clock; minus infinity: never. */
  readonly probedMs: () => number;
  /** Whether this worker speaks for the job: rank 0 does, the others only listen. */
  readonly isReporter: boolean;
  /** The job was deleted: nobody wants the training any more. Called once. */
  readonly onGone: (error: JobGoneError) => void;
  readonly logger: OutageLogger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

export class ClusterJobLink implements JobLink {
  readonly name: string;
  readonly #options: ClusterJobLinkOptions;
  readonly #known = new KnownJob();
  readonly #outbox: ProgressOutbox;
  readonly #outage: Outage;
  readonly #renewals: RenewalTimes;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  readonly #renewing: Promise<void>;
  #lock: HeldLock | null = null;
  #plan: Plan | null = null;
  #isGone = false;

  /** Begins to follow the job at once; a server that is away is asked again until it answers. */
  constructor(options: ClusterJobLinkOptions) {
    const { logger, monotonicNow, sleep, random } = options;
    this.name = options.name;
    this.#options = options;
    this.#renewals = new RenewalTimes(options.probedMs);
    this.#outage = new Outage(logger, monotonicNow);
    this.#outbox = new ProgressOutbox({
      send: (progress) => this.#send(progress),
      onError: (error) => {
        this.#outage.failed(error);
      },
      intervalMs: (delivered, newest) =>
        reportIntervalMs(this.#known.newest?.spec, {
          isLeaseKept: this.#renewals.isKept,
          isSeen: isSeen(delivered, newest),
        }),
      retryMs: REPORTS.retryMs,
      putTimeoutMs: REPORTS.patienceMs,
      closeTimeoutMs: REPORTS.lastPatienceMs,
      monotonicNow,
      sleep,
    });
    this.#following = this.#follow({ monotonicNow, sleep, random });
    this.#renewing = options.isReporter
      ? keepLease(options.api, { ...options, times: this.#renewals }, this.#closing.signal)
      : Promise.resolve();
  }

  /**
   * Makes the worker the only one that writes into the output folder, until the link is closed. The link goes on following
   * the job meanwhile: the operator may say that the owner of the lock has ended.
   *
   * @param take - waits for the lock
   * @throws what `take` throws.
   */
  async own(take: (isKnownDead: (owner: LockOwner) => boolean) => Promise<HeldLock>): Promise<HeldLock> {
    this.#lock = await take(({ pod }) => pod !== undefined && this.#known.hasEnded(pod));
    return this.#lock;
  }

  /** With its plan once that has been asked for: it is stored beside the job. */
  async job(signal?: AbortSignal): Promise<StoredJob> {
    const job = await this.#known.job(signal);
    return this.#plan === null ? job : { ...job, status: { ...job.status, plan: this.#plan } };
  }

  async plan(signal: AbortSignal = this.#closing.signal): Promise<Plan> {
    const onError = (error: unknown): void => {
      this.#outage.failed(error);
    };
    this.#plan ??= await readPlan({ ...this.#options, known: this.#known, onError }, signal);
    return this.#plan;
  }

  directive(): Directive | null {
    return this.#known.directive();
  }

  async nextDirective(
    afterGeneration: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Directive | null> {
    const found = new AbortController();
    const looking = this.#lookAgain(AbortSignal.any([found.signal, signal, this.#closing.signal]));
    try {
      return await this.#known.nextDirective(afterGeneration, timeoutMs, signal);
    } finally {
      found.abort();
      await looking;
    }
  }

  report(progress: Progress): Promise<void> {
    return this.#options.isReporter ? this.#outbox.put(legalProgress(progress)) : Promise.resolve();
  }

  async close(hurry?: AbortSignal): Promise<void> {
    try {
      await this.#outbox.close(hurry);
    } finally {
      this.#closing.abort();
      await Promise.all([this.#following, this.#renewing]);
      await this.#lock?.release().catch((error: unknown) => {
        // Its owner is dead soon, which the next trainer finds out.
        this.#options.logger.warn('the output folder could not be released', { error: String(error) });
      });
      await this.#options.api.close();
    }
  }

  async #follow(effects: Pick<ClusterJobLinkOptions, 'monotonicNow' | 'sleep' | 'random'>): Promise<void> {
    const { signal } = this.#closing;
    try {
      await followJob(
        this.#options.api,
        {
          ...effects,
          onJob: (job) => {
            this.#known.learnIfNewer(job);
          },
          onReached: () => {
            this.#outage.worked();
          },
          onError: (error) => {
            this.#outage.failed(error);
          },
        },
        signal,
      );
    } catch (error) {
      this.#endIfGone(error);
    }
  }

  async #send(progress: Progress): Promise<void> {
    if (this.#isGone) {
      return;
    }
    const sentMs = this.#options.monotonicNow();
    try {
      // The answer is the whole job: news of the operator arrives with it, also when the watch is cut.
      this.#known.learnIfNewer(await this.#options.api.writeProgress(progress));
      this.#renewals.reported(sentMs);
      this.#outage.worked();
    } catch (error) {
      this.#endIfGone(error);
    }
  }

  /** Reads the job now and then until `signal` aborts: a watch may be dead without having said so. */
  async #lookAgain(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#options.sleep(REPORTS.lookAgainMs, signal);
        this.#known.learnIfNewer(await this.#options.api.read(signal));
      }
    } catch {
      // Found, asked to stop, or the server is away, which the follower says and the grace time is for.
    }
  }

  /** @throws the error when it is of another kind. */
  #endIfGone(error: unknown): void {
    if (!(error instanceof JobGoneError)) {
      throw error;
    }
    if (!this.#isGone) {
      this.#isGone = true;
      this.#options.onGone(error);
    }
  }
}
