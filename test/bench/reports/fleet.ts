/**
 * Many trainers in one process, each with its own link, its own account and its own connections, as their pods would have
 * them. In come jobs that run, out come reports until it is told to end, how long writes took, and trainers that hang.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../../kube/api-client.ts';
import { ClusterAccess } from '../../../kube/cluster-access.ts';
import { LIFE, REPORTS } from '../../../multigrid/contract/timings.ts';
import { PROBE_TRIES } from '../../../multigrid/contract/trainer-pod.ts';
import { textAt } from '../../../multigrid/json/fields.ts';
import { ApiServer } from '../../../trainer-image/link/cluster/api-server.ts';
import { ClusterJobLink } from '../../../trainer-image/link/cluster/cluster-job-link.ts';
import type { JobApi } from '../../../trainer-image/link/cluster/job-api.ts';
import type { Admin } from '../../support/cluster/admin.ts';
import { sayReady } from '../../support/cluster/pod-status.ts';
import { simulateTrainer } from './simulated-trainer.ts';
import { TrainerCourse } from './trainer-course.ts';

export interface FleetOptions {
  readonly admin: Admin;
  readonly kubeconfig: string;
  readonly namespace: string;
  /** How long each job trains in all, seconds. */
  readonly trainingSeconds: number;
  /** Over how long the starts of trainers are spread, milliseconds. */
  readonly spreadMs: number;
}

interface Trainer {
  readonly name: string;
  readonly link: ClusterJobLink;
  readonly client: ApiClient;
  isHung: boolean;
}

const TOKEN_SECONDS = 7200;
/** Trainers are looked at somewhere in this part of their training, so that some stand at borders. */
const SHARE_BEHIND = { least: 0.05, spread: 0.6 };
const AT_A_TIME = 16;

export class Fleet {
  /** Milliseconds of every report, since the last `forget`. */
  readonly reportMs: number[] = [];
  /** Milliseconds of every renewal of a lease. */
  readonly renewalMs: number[] = [];
  /** Milliseconds of every phase border. */
  readonly borderMs: number[] = [];
  /** What went wrong, by its message. */
  readonly complaints = new Map<string, number>();
  readonly #options: FleetOptions;
  readonly #stop = new AbortController();
  readonly #trainers: Trainer[] = [];
  readonly #running: Promise<void>[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Resolves when the trainers of these jobs have begun, beside those there are. */
  async start(names: readonly string[]): Promise<void> {
    const tokens = await inParallel(names, (name) => this.#tokenOf(name));
    const pauseMs = this.#options.spreadMs / tokens.length;
    for (const [index, token] of tokens.entries()) {
      const name = names[index] ?? '';
      this.#running.push(
        this.#train(name, token).catch((error: unknown) => {
          this.#complain(String(error));
        }),
      );
      await sleepFor(pauseMs);
    }
  }

  forget(): void {
    this.reportMs.length = 0;
    this.renewalMs.length = 0;
    this.borderMs.length = 0;
    this.complaints.clear();
  }

  /**
   * As by a driver that never returns: nothing of these trainers goes on, and their connections stay open. As there are no
   * kubelets, what these would say of the pods is said here.
   */
  hang(count: number): readonly string[] {
    const hung = this.#trainers.slice(0, count);
    for (const trainer of hung) {
      trainer.isHung = true;
      this.#running.push(this.#loseProbes(trainer.name));
    }
    return hung.map(({ name }) => name);
  }

  async #loseProbes(name: string): Promise<void> {
    const { admin, namespace } = this.#options;
    await sleepFor(LIFE.probeMs * (PROBE_TRIES + Math.random()));
    const [pod] = await admin.podsOf(namespace, name);
    await sayReady(admin, pod, false);
  }

  /** Of those that hang, the connections: their links would never close. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const close = ({ link, client, isHung }: Trainer): Promise<void> =>
      isHung ? client.close() : link.close(this.#stop.signal);
    await Promise.allSettled(this.#trainers.map(close));
  }

  async #train(name: string, token: string): Promise<void> {
    const { namespace, trainingSeconds } = this.#options;
    const monotonicNow = (): number => performance.now();
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
      if (trainer.isHung) {
        await new Promise(() => undefined);
      }
    };
    const client = this.#clientOf(token);
    const link = new ClusterJobLink({
      name,
      api: this.#timed(new ApiServer({ client, job: { namespace, name }, random: Math.random })),
      holder: `${name}-0`,
      isReporter: true,
      onGone: (error) => {
        this.#complain(error.message);
      },
      logger: {
        info: () => undefined,
        warn: (message, fields) => {
          this.#complain(`${message}: ${String(fields?.['error'])}`);
        },
      },
      now: Date.now,
      monotonicNow,
      // Its kubelet is always there, and asks as often as it is to.
      probedMs: monotonicNow,
      sleep,
      random: Math.random,
    });
    const trainer: Trainer = { name, link, client, isHung: false };
    this.#trainers.push(trainer);
    const course = new TrainerCourse(await link.plan(), trainingSeconds);
    const behind = SHARE_BEHIND.least + SHARE_BEHIND.spread * Math.random();
    await simulateTrainer(link, course, {
      startSeconds: behind * trainingSeconds,
      monotonicNow,
      sleep,
      onBorder: (ms) => {
        this.borderMs.push(ms);
      },
      signal: this.#stop.signal,
    });
  }

  #timed(api: JobApi): JobApi {
    return {
      read: (signal) => api.read(signal),
      readPlan: (signal) => api.readPlan(signal),
      watch: (version, signal) => api.watch(version, signal),
      close: () => api.close(),
      writeProgress: (progress) => this.#time(this.reportMs, api.writeProgress(progress)),
      renewLease: (renewal, signal) => this.#time(this.renewalMs, api.renewLease(renewal, signal)),
    };
  }

  async #time<T>(into: number[], answer: Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const answered = await answer;
    into.push(performance.now() - startedMs);
    return answered;
  }

  #complain(message: string): void {
    if (!this.#stop.signal.aborted) {
      const short = message.replaceAll(/[a-z]+-\d+/g, 'NAME').slice(0, 200);
      this.complaints.set(short, (this.complaints.get(short) ?? 0) + 1);
    }
  }

  async #tokenOf(name: string): Promise<string> {
    const path = `/api/v1/namespaces/${this.#options.namespace}/serviceaccounts/${name}/token`;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    };
    return textAt(await this.#options.admin.create(path, body), 'status', 'token') ?? '';
  }

  #clientOf(token: string): ApiClient {
    return new ApiClient({
      access: ClusterAccess.of(this.#configOf(token), () => performance.now()),
      now: Date.now,
      sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
      random: Math.random,
      userAgent: 'multigrid-trainer/bench',
      timeoutMs: REPORTS.requestTimeoutMs,
    });
  }

  #configOf(token: string): KubeConfig {
    const admin = new KubeConfig();
    admin.loadFromString(this.#options.kubeconfig);
    const cluster = admin.getCurrentCluster();
    if (cluster === null) {
      throw new TypeError('the kubeconfig of the test cluster names no cluster');
    }
    const trainer = new KubeConfig();
    trainer.loadFromClusterAndUser(cluster, { name: 'trainer', token });
    return trainer;
  }
}

/** So many at a time as a person's tools would: a burst of a thousand requests would measure itself. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const left = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      results.set(next[0], await work(next[1]));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return [...results].sort(([one], [other]) => one - other).map(([, result]) => result);
}
