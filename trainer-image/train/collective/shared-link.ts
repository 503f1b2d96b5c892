/**
 * The job as all workers of a training see it: the first has the link to it, the others hear from the first what it finds there. In:
 * the first worker's link. Out: a link on every worker; `plan` and `nextDirective` are for all workers together, in the same order.
 * What the others report goes nowhere: the first speaks for all.
 */
import type { Directive } from '../../../multigrid/directive.ts';
import { parsedJson } from '../../../multigrid/json/fields.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { asStoredJob } from '../../../multigrid/object/job-text.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import type { JobLink } from '../../link/job-link.ts';
import type { Collective } from './collective.ts';

type Sharing = Pick<Collective, 'rank' | 'broadcastBytes'>;

const HEARD = 'what the first worker says of the job';

export class SharedLink implements JobLink {
  readonly #collective: Sharing;
  /** Null on the others. */
  readonly #own: JobLink | null;
  readonly #job: StoredJob;
  #hasPlan = false;
  #directive: Directive | null = null;

  private constructor(collective: Sharing, own: JobLink | null, job: StoredJob) {
    this.#collective = collective;
    this.#own = own;
    this.#job = job;
  }

  /**
   * Of all workers together.
   *
   * @param openOwn - called on the first worker
   * @throws what that throws, there; it must end then, and takes the others along.
   */
  static async open(
    collective: Sharing,
    openOwn: () => Promise<JobLink>,
    signal: AbortSignal,
  ): Promise<SharedLink> {
    const own = collective.rank === 0 ? await openOwn() : null;
    const job = await ofFirst(collective, (await own?.job(signal)) ?? null);
    return new SharedLink(collective, own, job);
  }

  get name(): string {
    return this.#job.metadata.name;
  }

  /**
   * As it was when all heard of it, without its plan; on the first worker, once all have the plan, as it is now. What workers go by
   * has to be the same for all.
   */
  job(signal?: AbortSignal): Promise<StoredJob> {
    return this.#own === null || !this.#hasPlan ? Promise.resolve(this.#job) : this.#own.job(signal);
  }

  async plan(signal?: AbortSignal): Promise<Plan> {
    const own = await this.#own?.plan(signal);
    const { status } = await this.#share(own === undefined ? {} : { plan: own });
    if (status?.plan === undefined) {
      throw new TypeError(`${HEARD} has no plan`);
    }
    this.#hasPlan = true;
    return status.plan;
  }

  /** The last one that all have heard of. */
  directive(): Directive | null {
    return this.#directive;
  }

  /** The first worker waits, the others for it. One that is asked to stop tells the others first that there is none. */
  async nextDirective(
    afterGeneration: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Directive | null> {
    let own: Directive | null = null;
    let heard: Directive | undefined;
    try {
      own = (await this.#own?.nextDirective(afterGeneration, timeoutMs, signal)) ?? null;
    } finally {
      heard = (await this.#share(own === null ? {} : { directive: own })).status?.directive;
    }
    this.#directive = heard ?? this.#directive;
    return heard ?? null;
  }

  report(progress: Progress): Promise<void> {
    return this.#own?.report(progress) ?? Promise.resolve();
  }

  close(hurry?: AbortSignal): Promise<void> {
    return this.#own?.close(hurry) ?? Promise.resolve();
  }

  #share(status: NonNullable<StoredJob['status']>): Promise<StoredJob> {
    return ofFirst(this.#collective, this.#own === null ? null : { ...this.#job, status });
  }
}

/** @param own - what the first worker has; the others' is not looked at */
async function ofFirst(collective: Sharing, own: StoredJob | null): Promise<StoredJob> {
  const bytes = new TextEncoder().encode(own === null ? '' : JSON.stringify(own));
  const text = new TextDecoder().decode(await collective.broadcastBytes(bytes));
  return own ?? asStoredJob(parsedJson(text), HEARD);
}
