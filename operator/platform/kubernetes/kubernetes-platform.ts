/**
 * A cluster as a platform: jobs are MultigridTrainingJobs, workers are the pods of an Indexed Job. In come the
 * controller's wishes, out come facts from the caches and requests to the API server. Reads cost no request; what is
 * written is safe to write twice, so neither a stale cache nor a second operator does harm. The counterpart on one
 * machine is local/.
 */
import { OPERATOR_NAME, SPEC_HASH } from '../../../multigrid/contract/names.ts';
import { InvalidJobError, readJob } from '../../../multigrid/api/read-job.ts';
import {
  findCondition,
  isFinished,
  type EndedPod,
  operatorStatusOf,
  type OperatorStatus,
  type StoredJob,
} from '../../../multigrid/object/job-object.ts';
import type { Silence } from '../../runtime/silence-watch.ts';
import { setCondition } from '../../status/conditions.ts';
import { hasSeveralWorkers } from '../../status/world-size.ts';
import { REASONS } from '../../status/reasons.ts';
import { nameOf, podSelector, type Child } from '../../workers/child.ts';
import { surroundingsOf } from '../../workers/children.ts';
import { indexedJobOf } from '../../workers/job.ts';
import { workersTokenOf } from '../../workers/workers-token.ts';
import type { WorkerSettings } from '../../workers/pod-template.ts';
import type {
  ClipCount,
  Damage,
  Finding,
  JobEvent,
  Platform,
  StopMode,
  TrainingJob,
  Workers,
} from '../platform.ts';
import type { ApiClient } from '../../../kube/api-client.ts';
import { valueAt } from '../../../multigrid/json/fields.ts';
import { ClusterCache, type CacheOptions } from './cache/cluster-cache.ts';
import { keepJob, unpackJob, type KeptJob } from './cache/kept-job.ts';
import type { KeptIndexedJob, KeptPod } from './cache/kept-workers.ts';
import { NewestJobs } from './cache/newest-jobs.ts';
import { clipCountOf } from './clip-count.ts';
import { withoutPlan, withPlan } from './plan-apart.ts';
import { Refusals } from './refusals.ts';
import { Upkeep } from './upkeep.ts';
import { isLive, lingers } from './workers/how-ended.ts';
import { workersOf } from './workers/workers-of.ts';
import { ChildWriter } from './writes/child-writer.ts';
import type { EventRecorder } from './writes/event-recorder.ts';
import { JobWriter } from './writes/job-writer.ts';

/** The shortest that still waits for the node to say that the container is gone. */
const KILL_GRACE_SECONDS = 1;
/** For a proxy or a log shipper to send what it still has. */
const BESIDE_GRACE_SECONDS = 10;

const PLAN_LOST =
  'the ControllerRevision that held the plan is gone, and this version of the operator would make another plan; a trainer ' +
  'that runs goes on to the end; else delete the job and create it anew';

export interface KubernetesPlatformOptions extends Omit<CacheOptions, 'onJob'> {
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly settings: WorkerSettings;
  /** Text that nobody can guess, another one at each call. */
  readonly newToken: () => string;
}

export class KubernetesPlatform implements Platform {
  readonly cache: ClusterCache;
  readonly #client: ApiClient;
  readonly #settings: WorkerSettings;
  readonly #newToken: () => string;
  readonly #events: EventRecorder;
  readonly #writer: JobWriter;
  readonly #children: ChildWriter;
  readonly #newest: NewestJobs;
  readonly #refusals: Refusals;
  readonly #upkeep: Upkeep;
  #onChange: (key: string) => void = () => {
    // Nobody watches yet; whoever begins to looks at everything anyway.
  };

  constructor(options: KubernetesPlatformOptions) {
    const { client, events, settings } = options;
    this.#client = client;
    this.#events = events;
    this.#settings = settings;
    this.#newToken = options.newToken;
    this.#writer = new JobWriter(client);
    this.#children = new ChildWriter(client);
    this.#newest = new NewestJobs((kept) => this.#writer.read(kept));
    this.#refusals = new Refusals(client.serverNow);
    this.#upkeep = new Upkeep(client.serverNow);
    this.cache = new ClusterCache({
      ...options,
      onJob: (key) => {
        this.#onChange(key);
      },
    });
  }

  /** Jobs of other controllers and jobs that are being deleted are none of ours: null. */
  async getJob(key: string): Promise<TrainingJob | null> {
    const cached = this.cache.jobs.get(key);
    if (cached === null) {
      this.#newest.forget(key);
      this.#refusals.forget(key);
      this.#upkeep.forget(key);
      return null;
    }
    const kept = await this.#newest.of(cached);
    return kept === null ? null : this.#open(kept);
  }

  async writeStatus(job: TrainingJob, status: OperatorStatus): Promise<void> {
    const hasWorkers = this.#viewOf(job).job !== null;
    const stored = withoutPlan(job, status, hasWorkers);
    await this.#newest.write(job, async () => keepJob(await this.#writer.writeStatus(job, stored)));
    if (hasWorkers && job.status?.plan === undefined && stored.planSummary !== undefined) {
      // They came up to count, and wait for it.
      await this.#put({ ...job, status }, ({ kind }) => kind === 'ControllerRevision');
    }
  }

  observeWorkers(job: TrainingJob): Promise<Workers> {
    const view = { ...this.#viewOf(job), specHash: isFinished(job) ? null : () => this.#specHashOf(job) };
    const workers = workersOf(view, job.status?.lastFailure, this.#client.serverNow());
    const refusal = workers.state === 'absent' ? this.#refusals.of(keyOf(job), job) : null;
    return Promise.resolve(refusal ?? workers);
  }

  endedPods(job: TrainingJob): readonly EndedPod[] {
    return this.cache.endedPods.of(keyOf(job));
  }

  damageTo(job: TrainingJob): Damage | null {
    const { job: indexed } = this.#viewOf(job);
    const isNeeded = indexed !== null && !indexed.isDeleting && !isFinished(job);
    return isNeeded ? this.#upkeep.damageTo(keyOf(job), job, this.cache.childrenOf(keyOf(job))) : null;
  }

  async countClips(job: TrainingJob): Promise<ClipCount> {
    return clipCountOf(job, await this.observeWorkers(job));
  }

  reportedAt(job: TrainingJob): number | null {
    return this.#newest.reportTimeOf(job);
  }

  silenceOf(job: TrainingJob): Silence {
    return this.cache.words.watch.silenceOf(keyOf(job));
  }

  isHearing(): boolean {
    return this.cache.jobs.isHearing;
  }

  selectorOf({ metadata }: TrainingJob): string {
    return Object.entries(podSelector(metadata.name))
      .map(([label, value]) => `${label}=${value}`)
      .join(',');
  }

  /** Nobody sits in front of a cluster: what stops a job stands in its spec. */
  interruption(): null {
    return null;
  }

  async startWorkers(job: TrainingJob): Promise<void> {
    const { job: indexed, pods } = this.#viewOf(job);
    if (indexed !== null) {
      await this.#mend(job);
      this.#warnOf(job, await this.#ensureToken(job));
      await this.#startAnew(indexed, pods);
      return;
    }
    const refusal =
      (await this.#ensureSurroundings(job)) ??
      (await this.#ensureToken(job)) ??
      (await this.#children.ensure(indexedJobOf(job, this.#settings), job.metadata.uid ?? ''));
    if (refusal === null) {
      this.#refusals.forget(keyOf(job));
    } else {
      this.#refusals.add(keyOf(job), job, refusal);
      this.#onChange(keyOf(job));
    }
  }

  async stopWorkers(job: TrainingJob, mode: StopMode): Promise<void> {
    const { job: indexed, pods } = this.#viewOf(job);
    this.#refusals.forget(keyOf(job));
    if (indexed !== null && !indexed.isDeleting) {
      if (isFinished(job)) {
        await this.#endIndexedJob(indexed);
      } else if (mode === 'checkpoint') {
        await this.#writer.deleteIndexedJob(indexed);
      }
    }
    // What runs beside a trainer that has ended is not waited for, whatever the trainer would be given.
    const doomed = pods.filter((pod) => isLive(pod) && (mode === 'kill' || lingers(pod)));
    await Promise.all(
      doomed.map((pod) =>
        this.#writer.killPod(pod, lingers(pod) ? BESIDE_GRACE_SECONDS : KILL_GRACE_SECONDS),
      ),
    );
  }

  async deleteJob(job: TrainingJob): Promise<void> {
    await this.#writer.deleteTrainingJob(job);
  }

  publish(job: TrainingJob, event: JobEvent): void {
    this.#events.record(job, event);
  }

  async watch(onChange: (key: string) => void, signal: AbortSignal): Promise<void> {
    this.#onChange = onChange;
    await this.cache.run(signal);
  }

  #viewOf({ metadata }: TrainingJob): ReturnType<ClusterCache['workersOf']> {
    return this.cache.workersOf(keyOf({ metadata }), metadata.uid ?? '');
  }

  #specHashOf(job: TrainingJob): string {
    return indexedJobOf(job, this.#settings).metadata.annotations?.[SPEC_HASH] ?? '';
  }

  /** Puts right what the workers that are there need. */
  async #mend(job: TrainingJob): Promise<void> {
    const damage = this.damageTo(job);
    if (damage === null) {
      return;
    }
    await this.#put(job, (child) => damage.children.includes(nameOf(child)));
  }

  /** Says of what the cluster does not want that it is so; the workers are there and go on. */
  async #put(job: TrainingJob, isMeant: (child: Child) => boolean): Promise<void> {
    this.#warnOf(job, await this.#ensureSurroundings(job, isMeant));
  }

  #warnOf(job: TrainingJob, refusal: Finding | null): void {
    if (refusal !== null) {
      this.publish(job, { type: 'Warning', ...refusal });
    }
  }

  async #ensureSurroundings(
    job: TrainingJob,
    isMeant: (child: Child) => boolean = () => true,
  ): Promise<Finding | null> {
    const ensure = (children: readonly Child[]): Promise<readonly (Finding | null)[]> => {
      const meant = children.filter(isMeant);
      return Promise.all(meant.map((child) => this.#children.ensure(child, job.metadata.uid ?? '')));
    };
    this.#upkeep.attempted(keyOf(job), job, this.cache.childrenOf(keyOf(job)));
    const { first, binding } = surroundingsOf(job);
    const findings = await ensure(first);
    const refusal = findings.find((found) => found !== null) ?? null;
    return refusal ?? (await ensure([binding]))[0] ?? null;
  }

  /** Where several workers are to know each other. One that is there stays: pods may have it already. */
  async #ensureToken(job: TrainingJob): Promise<Finding | null> {
    return hasSeveralWorkers(job) ? this.#children.ensureUnread(workersTokenOf(job, this.#newToken())) : null;
  }

  /** A Job that is over makes room for the next; the controller of one that has no pod is reminded of it. */
  async #startAnew(indexed: KeptIndexedJob, pods: readonly KeptPod[]): Promise<void> {
    if (indexed.isDeleting) {
      return;
    }
    if (isOver(indexed)) {
      await this.#writer.deleteIndexedJob(indexed);
    } else if (!indexed.isSuspended && !pods.some(isLive)) {
      await this.#writer.remindIndexedJob(indexed, this.#client.serverNow());
    }
  }

  /** No more pods, and those that have ended stay. */
  async #endIndexedJob(indexed: KeptIndexedJob): Promise<void> {
    if (!isOver(indexed) && !indexed.isSuspended) {
      await this.#writer.suspendIndexedJob(indexed);
    }
  }

  async #open(kept: KeptJob): Promise<TrainingJob | null> {
    const stored = unpackJob(kept);
    if (stored.metadata.deletionTimestamp !== undefined || managerOf(stored) !== OPERATOR_NAME) {
      return null;
    }
    const { apiVersion, kind, metadata, spec } = stored;
    try {
      const job = { ...stored, spec: readJob({ apiVersion, kind, metadata, spec }) };
      this.#newest.opened(job, kept);
      const planned = withPlan(job, this.cache.childrenOf(kept.key)['ControllerRevision'] ?? null);
      if (planned === null) {
        await this.#reportUnready(stored, REASONS.planLost, PLAN_LOST);
      }
      return planned;
    } catch (error) {
      if (error instanceof InvalidJobError) {
        // The API server let through what the rules refuse: its CRD is older than this operator.
        await this.#reportUnready(stored, REASONS.invalidSpec, error.message);
        return null;
      }
      throw error;
    }
  }

  async #reportUnready(stored: StoredJob, reason: string, message: string): Promise<void> {
    const status = operatorStatusOf(stored);
    const before = findCondition(status.conditions, 'PlanReady');
    if (before?.status === 'False' && before.message === message) {
      return;
    }
    const conditions = setCondition(
      status.conditions ?? [],
      { type: 'PlanReady', status: 'False', reason, message },
      { nowMs: this.#client.serverNow(), generation: stored.metadata.generation ?? 0 },
    );
    await this.#writer.writeStatus(stored, { ...status, conditions, state: status.state ?? 'Pending' });
  }
}

function isOver({ conditions }: KeptIndexedJob): boolean {
  return conditions.some(
    ({ type, status }) => (type === 'Failed' || type === 'Complete') && status === 'True',
  );
}

function keyOf({ metadata }: Pick<StoredJob, 'metadata'>): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Read before the rules are: a job of another controller may be of another version's. */
function managerOf({ spec }: StoredJob): unknown {
  return valueAt(spec, 'managedBy') ?? OPERATOR_NAME;
}
