/**
 * All that the operator knows of the cluster without asking: training jobs, their Jobs and pods, and the warnings that
 * say why a pod is not there or not running. In come namespaces, out come objects by job, and the key of every job that
 * something has happened to. Nobody else lists or watches.
 */
import type { Versioned } from '../../../../kube/informer.ts';
import { keepTicking } from '../../../runtime/silence-watch.ts';
import { MOST_ENDED_PODS } from '../../../status/ended-pods.ts';
import {
  API_VERSION,
  JOB_NAME_LABEL,
  MANAGED_BY_LABEL,
  MANAGER,
  PLURAL,
} from '../../../../multigrid/contract/names.ts';
import type { SurroundingKind } from '../../../workers/children.ts';
import type { FoundChildren } from '../upkeep.ts';
import { isVouchedFor } from '../workers/reach.ts';
import type { WorkersView } from '../workers/workers-view.ts';
import { EndedPods } from './ended-pods.ts';
import { IndexBy } from './index-by.ts';
import { InformerGroup, type GroupOptions } from './informer-group.ts';
import { keepChild, type KeptChild } from './kept-child.ts';
import { keepJob, type KeptJob } from './kept-job.ts';
import { asChild, isSameChild, keepLease, type KeptLease } from './kept-lease.ts';
import {
  keepIndexedJob,
  keepPod,
  keepWarning,
  type KeptIndexedJob,
  type KeptPod,
  type KeptWarning,
} from './kept-workers.ts';
import { NodeLeases } from './node-leases.ts';
import { TrainerWords } from './trainer-words.ts';

export type CacheOptions = Omit<GroupOptions<Versioned>, 'query' | 'keep' | 'onChange'> & {
  /** Told of the key of every job that, or whose workers, changed. */
  readonly onJob: (key: string) => void;
  /** Whether the leases of nodes may be read, of all that the cluster has. */
  readonly hasNodeLeases: boolean;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
};

/** What is made around the workers of a job. */
const CHILDREN: Readonly<
  Record<Exclude<SurroundingKind, 'Lease'>, Readonly<Record<'api' | 'resource', string>>>
> = {
  ServiceAccount: { api: '/api/v1', resource: 'serviceaccounts' },
  Role: { api: '/apis/rbac.authorization.k8s.io/v1', resource: 'roles' },
  RoleBinding: { api: '/apis/rbac.authorization.k8s.io/v1', resource: 'rolebindings' },
  Service: { api: '/api/v1', resource: 'services' },
  NetworkPolicy: { api: '/apis/networking.k8s.io/v1', resource: 'networkpolicies' },
  ControllerRevision: { api: '/apis/apps/v1', resource: 'controllerrevisions' },
};
const OURS = `${JOB_NAME_LABEL},${MANAGED_BY_LABEL}=${MANAGER}`;

export class ClusterCache {
  readonly jobs: InformerGroup<KeptJob>;
  readonly endedPods = new EndedPods(MOST_ENDED_PODS);
  readonly words: TrainerWords;
  readonly #options: CacheOptions;
  readonly #leases: InformerGroup<KeptLease>;
  readonly #nodeLeases: NodeLeases | null;
  readonly #indexedJobs: InformerGroup<KeptIndexedJob>;
  readonly #pods: InformerGroup<KeptPod>;
  readonly #podsByJob = new IndexBy<KeptPod>(jobKeyOf);
  readonly #podsByNode = new IndexBy<KeptPod>(({ node }) => node);
  readonly #warnings = new IndexBy<KeptWarning>(({ objectUid }) => objectUid);
  readonly #children: readonly (readonly [string, InformerGroup<KeptChild>])[];
  readonly #groups: readonly Pick<InformerGroup<Versioned>, 'run' | 'synced' | 'isSynced'>[];

  constructor(options: CacheOptions) {
    const { onJob } = options;
    this.#options = options;
    this.jobs = new InformerGroup<KeptJob>({
      ...options,
      query: { api: `/apis/${API_VERSION}`, resource: PLURAL },
      keep: keepJob,
      onChange: (change) => {
        const { before, after } = change;
        const { key } = after ?? before ?? { key: '' };
        this.#recallEndedPods(key, after !== null);
        this.words.takeJob(change);
        onJob(key);
      },
    });
    this.words = new TrainerWords({
      jobs: this.jobs,
      isVouchedFor: (key) => this.#podsByJob.of(key).some((pod) => this.#isOfVouchedSpeaker(pod)),
      onTurn: onJob,
    });
    // Renewals are no news of a job: nobody is told of them, but of a lease that somebody took away or changed.
    this.#leases = new InformerGroup<KeptLease>({
      ...options,
      query: { api: '/apis/coordination.k8s.io/v1', resource: 'leases', labelSelector: OURS },
      keep: keepLease,
      onChange: (change) => {
        this.words.takeLease(change);
        const { before, after } = change;
        if (before !== null && (after === null || !isSameChild(before, after))) {
          onJob(before.key);
        }
      },
    });
    this.#nodeLeases = options.hasNodeLeases
      ? new NodeLeases({
          ...options,
          onTurn: (node) => {
            for (const pod of this.#podsByNode.of(node)) {
              this.words.takePods(jobKeyOf(pod));
            }
          },
        })
      : null;
    this.#indexedJobs = new InformerGroup<KeptIndexedJob>({
      ...options,
      query: { api: '/apis/batch/v1', resource: 'jobs', labelSelector: OURS },
      keep: keepIndexedJob,
      onChange: ({ before, after }) => {
        onJob(jobKeyOf(after ?? before));
      },
    });
    this.#pods = new InformerGroup<KeptPod>({
      ...options,
      query: { api: '/api/v1', resource: 'pods', labelSelector: OURS },
      keep: keepPod,
      onChange: (change) => {
        this.#podsByJob.take(change);
        this.#podsByNode.take(change);
        const key = jobKeyOf(change.after ?? change.before);
        // Pods go after their job: nobody would ever forget them.
        if (this.jobs.get(key) !== null) {
          this.endedPods.take(change);
        }
        this.words.takePods(key);
        onJob(key);
      },
    });
    this.#children = Object.entries(CHILDREN).map(([kind, query]) => [
      kind,
      this.#childGroup(options, query),
    ]);
    // Narrowed by the server: a busy cluster has thousands of other events.
    const warnings = [
      'involvedObject.kind=Job,reason=FailedCreate',
      'involvedObject.kind=Pod,reason=FailedMount',
    ];
    this.#groups = [
      this.jobs,
      this.#indexedJobs,
      this.#leases,
      this.#pods,
      ...this.#children.map(([, group]) => group),
      ...warnings.map((fieldSelector) => this.#warningGroup(options, fieldSelector)),
    ];
  }

  async run(signal: AbortSignal): Promise<void> {
    const isHearing = (): boolean => this.jobs.isHearing && this.#leases.isHearing && this.#pods.isHearing;
    await Promise.all([
      ...this.#groups.map((group) => group.run(signal)),
      this.#nodeLeases?.run(signal),
      keepTicking(this.words.watch, { ...this.#options, isHearing }, signal),
    ]);
  }

  /** Resolves when every first list is in. */
  async synced(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.synced()));
  }

  get isSynced(): boolean {
    return this.#groups.every(({ isSynced }) => isSynced);
  }

  /** @param uid - of the training job; a Job that was made for another one of the same name is not its. */
  workersOf(key: string, uid: string): Omit<WorkersView, 'specHash'> {
    const job = this.#indexedJobs.get(key);
    return {
      job: job?.ownerUid === uid ? job : null,
      pods: this.#podsByJob.of(key).filter(({ ownerUid }) => ownerUid !== ''),
      warningsAbout: (about) => [...this.#warnings.of(about)].sort((a, b) => a.lastMs - b.lastMs),
    };
  }

  /** What there is around the workers of a job, by kind. */
  childrenOf(key: string): FoundChildren {
    const others = this.#children.map(([kind, group]) => [kind, group.get(key)] as const);
    return Object.fromEntries([...others, ['Lease', asChild(this.#leases.get(key))]]);
  }

  #childGroup(
    options: CacheOptions,
    query: Readonly<Record<'api' | 'resource', string>>,
  ): InformerGroup<KeptChild> {
    return new InformerGroup<KeptChild>({
      ...options,
      query: { ...query, labelSelector: OURS },
      keep: keepChild,
      onChange: ({ before, after }) => {
        // One that has come is one of those that were just made.
        if (before !== null) {
          options.onJob(jobKeyOf(after ?? before));
        }
      },
    });
  }

  /** Of the worker that speaks for all of them, as far as a kubelet that is heard itself vouches for it. */
  #isOfVouchedSpeaker(pod: KeptPod): boolean {
    const isSpeaker = pod.ownerUid !== '' && pod.rank === 0;
    return isSpeaker && isVouchedFor(pod) && this.#nodeLeases?.isSilent(pod.node) !== true;
  }

  /** On every replica, also on those that look at no job: one that takes over must neither lack any nor keep them for ever. */
  #recallEndedPods(key: string, hasJob: boolean): void {
    if (!hasJob) {
      this.endedPods.forget(key);
      return;
    }
    for (const pod of this.#podsByJob.of(key)) {
      this.endedPods.take({ before: null, after: pod });
    }
  }

  #warningGroup(options: CacheOptions, fieldSelector: string): InformerGroup<KeptWarning> {
    return new InformerGroup<KeptWarning>({
      ...options,
      query: { api: '/api/v1', resource: 'events', fieldSelector },
      keep: keepWarning,
      onChange: (change) => {
        this.#warnings.take(change);
        const { after } = change;
        if (after !== null) {
          options.onJob(`${after.namespace}/${after.jobName}`);
        }
      },
    });
  }
}

function jobKeyOf(object: { readonly namespace: string; readonly jobName: string } | null): string {
  return object === null ? '' : `${object.namespace}/${object.jobName}`;
}
