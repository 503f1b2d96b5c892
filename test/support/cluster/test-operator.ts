/**
 * The operator inside the test's own process, against a test cluster: everything real but the process. In come a
 * kubeconfig and what is to differ, out comes something to stop in order, or to drop as a crash would.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, type OperatorConfig } from '../../../operator/config.ts';
import type { Logger } from '../../../operator/logging/logger.ts';
import { Operator, type OperatorObserver } from '../../../operator/operator.ts';
import { ClusterAccess } from '../../../kube/cluster-access.ts';

export interface TestOperatorOptions {
  readonly kubeconfigPath: string;
  readonly config?: Partial<OperatorConfig>;
  readonly observer?: OperatorObserver;
  /** @defaultValue the machine's clock */
  readonly now?: () => number;
  readonly identity?: string;
  readonly watchSeconds?: number;
}

/** A short lease, so that tests of leaders take seconds. */
export const QUICK_LEASE = {
  namespace: 'default',
  name: 'multigrid-operator',
  leaseMs: 1000,
  renewDeadlineMs: 700,
  retryMs: 100,
};

export class TestOperator {
  readonly operator: Operator;
  /** Lines of its log, warnings and errors. */
  readonly complaints: string[] = [];
  readonly ended: Promise<void>;
  hasEnded = false;
  /** What `run` threw; null: nothing. */
  failure: unknown = null;
  readonly #access: ClusterAccess;
  readonly #stop = new AbortController();

  private constructor(options: TestOperatorOptions) {
    this.#access = ClusterAccess.load(options.kubeconfigPath, () => performance.now());
    const config = {
      ...readConfig(['--trainer-image=trainer:test', '--leader-elect=false'], {}),
      ...options.config,
    };
    this.operator = new Operator({
      config,
      access: this.#access,
      identity: options.identity ?? 'test',
      userAgent: 'test-operator',
      ...(options.watchSeconds === undefined ? {} : { watchSeconds: options.watchSeconds }),
      logger: this.#logger(),
      observer: options.observer ?? {},
      now: options.now ?? Date.now,
      monotonicNow: () => performance.now(),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      random: Math.random,
      newToken: () => randomUUID(),
    });
    this.ended = this.operator
      .run(this.#stop.signal)
      .catch((error: unknown) => {
        this.failure = error;
      })
      .finally(() => {
        this.hasEnded = true;
      });
  }

  static start(options: TestOperatorOptions): TestOperator {
    return new TestOperator(options);
  }

  /** As by SIGTERM. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
    await this.#access.close();
  }

  /** As by SIGKILL, as far as one process can: every connection is cut and nothing is sent any more. */
  async crash(): Promise<void> {
    await this.#access.close();
    this.#stop.abort();
    await this.ended;
  }

  #logger(): Logger {
    const complain = (message: string, fields: object = {}): void => {
      this.complaints.push(`${message} ${JSON.stringify(fields)}`);
    };
    const ignore = (): void => {
      // Of no interest to a test.
    };
    return { debug: ignore, info: ignore, warn: complain, error: complain };
  }
}
