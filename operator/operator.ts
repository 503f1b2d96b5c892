/**
 * The operator put together: a client, caches, a queue, a controller, and an election that decides whether they work. In
 * come settings and effects, out comes something that runs until it is told to end. Caches follow the cluster on every
 * replica, so that one that takes over knows everything at once; only the leader decides and writes.
 */
import { CONTROLLER } from '../multigrid/contract/timings.ts';
import { createReconciler } from './controller/reconcile.ts';
import type { OperatorConfig } from './config.ts';
import { inWords, type Logger } from './logging/logger.ts';
import { ApiClient, type RequestObserver } from '../kube/api-client.ts';
import type { ClusterAccess } from '../kube/cluster-access.ts';
import { KubernetesPlatform } from './platform/kubernetes/kubernetes-platform.ts';
import { EventRecorder } from './platform/kubernetes/writes/event-recorder.ts';
import { LeaseObject } from './platform/kubernetes/writes/lease-store.ts';
import type { Platform } from './platform/platform.ts';
import { runController, type Reconcile } from './runtime/controller.ts';
import { ListenerError } from '../kube/informer.ts';
import { LeaderElection, LeadershipLostError } from './runtime/leader.ts';
import { WorkQueue, type QueueObserver } from './runtime/work-queue.ts';

/** Told of what the operator does; the telemetry's. Everything may be left out. */
export interface OperatorObserver extends Partial<QueueObserver>, Partial<RequestObserver> {
  readonly queueRetried?: () => void;
  readonly leadership?: (isLeader: boolean) => void;
  /** Wraps what is to be measured. */
  readonly platform?: (platform: Platform, now: () => number) => Platform;
  readonly reconcile?: (reconcile: Reconcile) => Reconcile;
}

export interface OperatorOptions {
  readonly config: OperatorConfig;
  readonly access: ClusterAccess;
  readonly identity: string;
  /** How long the server keeps a watch open, seconds. @defaultValue 60 to 90 */
  readonly watchSeconds?: number;
  readonly userAgent: string;
  readonly logger: Logger;
  readonly observer: OperatorObserver;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, by a clock that never goes back. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** Text that nobody can guess, another one at each call. */
  readonly newToken: () => string;
}

const DEFAULT_NAMESPACE = 'default';

export class Operator {
  readonly platform: KubernetesPlatform;
  readonly #options: OperatorOptions;
  readonly #client: ApiClient;
  readonly #events: EventRecorder;
  readonly #election: LeaderElection | null;
  #queue: WorkQueue | null = null;

  constructor(options: OperatorOptions) {
    const { config, identity, logger, monotonicNow, random, sleep } = options;
    this.#options = options;
    this.#election = this.#createElection();
    this.#client = this.#createClient(() => {
      if (this.#election?.isLeading === false) {
        throw new LeadershipLostError('this replica does not lead, so it writes nothing');
      }
    });
    const client = this.#client;
    this.#events = new EventRecorder({
      client,
      instance: identity,
      now: client.serverNow,
      onLost: (error) => {
        logger.warn('an event could not be written', { error: inWords(error) });
      },
    });
    this.platform = new KubernetesPlatform({
      client,
      events: this.#events,
      settings: { trainerImage: config.trainerImage },
      newToken: options.newToken,
      namespaces: config.namespaces,
      hasNodeLeases: config.hasNodeLeases,
      monotonicNow,
      sleep,
      random,
      ...(options.watchSeconds === undefined ? {} : { watchSeconds: options.watchSeconds }),
      onError: (error) => {
        const what =
          error instanceof ListenerError
            ? 'a change could not be processed'
            : 'a watch broke and is restarted';
        logger.warn(what, { error: inWords(error) });
      },
    });
  }

  get isLeading(): boolean {
    return this.#queue !== null;
  }

  /**
   * Works until the signal aborts and the reconciles that are running have ended.
   *
   * @throws LeadershipLostError when another replica may lead by now: end the process and start anew.
   */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const caches = this.platform.watch(
      (key) => {
        this.#queue?.add(key);
      },
      AbortSignal.any([signal, over.signal]),
    );
    try {
      if (this.#election === null) {
        await this.#work(signal);
      } else {
        await this.#election.run((leading) => this.#work(leading), signal);
      }
    } finally {
      over.abort();
      await caches;
    }
  }

  /** Looks after all jobs until the signal aborts. */
  async #work(signal: AbortSignal): Promise<void> {
    const { config, logger, observer, random, monotonicNow, sleep } = this.#options;
    const now = this.#client.serverNow;
    const { cache } = this.platform;
    await Promise.race([cache.synced(), aborted(signal)]);
    if (signal.aborted) {
      return;
    }
    const queue = new WorkQueue(
      { now: monotonicNow, sleep },
      {
        queueAdded: (depth) => observer.queueAdded?.(depth),
        queueTaken: (...at) => observer.queueTaken?.(...at),
      },
      // Nothing of ours stands in its status yet: somebody has just made it and waits for its first pod.
      (key) => cache.jobs.get(key)?.state === null,
    );
    this.#queue = queue;
    signal.addEventListener('abort', () => {
      queue.close();
    });
    for (const { key } of cache.jobs.values()) {
      queue.add(key);
    }
    logger.info('looking after jobs', { identity: this.#options.identity });
    const platform = observer.platform?.(this.platform, now) ?? this.platform;
    const reconcile = createReconciler({ platform, now, monotonicNow });
    await runController({
      queue,
      reconcile: observer.reconcile?.(reconcile) ?? reconcile,
      workers: config.concurrency,
      random,
      onRetry: () => observer.queueRetried?.(),
      onError: (job, error) => {
        logger.error('reconciling a job failed and is retried', { job, error: inWords(error) });
      },
    });
    this.#queue = null;
    // Still leading, so it may still write.
    const sent = new AbortController();
    await this.#events.close(sleep(CONTROLLER.lastEventsMs, sent.signal));
    sent.abort();
  }

  #createElection(): LeaderElection | null {
    const { config, access, identity, logger, observer } = this.#options;
    const { lease } = config;
    if (lease === null) {
      return null;
    }
    const namespace = lease.namespace ?? access.namespace ?? DEFAULT_NAMESPACE;
    return new LeaderElection({
      ...this.#options,
      store: new LeaseObject(this.#createClient(null), { namespace, name: lease.name }),
      identity,
      times: lease,
      wallNow: this.#options.now,
      onError: (error) => {
        logger.warn('the lease could not be read or written', { error: inWords(error) });
      },
      onLeading: (isLeading) => {
        logger.info(isLeading ? 'leading' : 'no longer leading', { identity });
        observer.leadership?.(isLeading);
      },
    });
  }

  #createClient(beforeWrite: (() => void) | null): ApiClient {
    const { access, now, sleep, random, userAgent, observer } = this.#options;
    return new ApiClient({
      access,
      now,
      sleep,
      random,
      userAgent,
      observer: { request: (...call) => observer.request?.(...call) },
      ...(beforeWrite === null ? {} : { beforeWrite }),
    });
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) {
    resolve(undefined);
  }
  signal.addEventListener('abort', () => {
    resolve(undefined);
  });
  return promise;
}
