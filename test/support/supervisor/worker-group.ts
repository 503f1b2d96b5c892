/**
 * Workers of one job on this machine, each with a supervisor of its own in this process, and real ranks in processes. In: how many,
 * and what their ranks do. Out: what the ranks said, and how every worker ended.
 */
import { findMpich } from '../../../trainer-image/mpi/find-mpich.ts';
import { environmentOfRanks } from '../../../trainer-image/mpi/start-ranks.ts';
import { follow } from '../../../trainer-image/supervisor/follower.ts';
import { lead } from '../../../trainer-image/supervisor/leader.ts';
import { RankHost } from '../../../trainer-image/supervisor/rank-host.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import type { Logger } from '../../../trainer-image/train/logger.ts';

export interface GroupOptions {
  readonly workers: number;
  readonly ranksPerWorker?: number;
  readonly file: string;
  readonly args: readonly string[];
  /** By worker; else all have the same. */
  readonly tokens?: Readonly<Record<number, string>>;
  readonly versions?: Readonly<Record<number, string>>;
  readonly newestCheckpoint?: () => Promise<string | null>;
  /** In the place of hydra's launcher. */
  readonly mpiexec?: string;
}

interface Worker {
  readonly stop: AbortController;
  readonly ended: Promise<number>;
}

const HERE = '127.0.0.1';
/** Ranks start within seconds; the machine may be busy. */
const PATIENCE_MS = 120_000;

export class WorkerGroup {
  /** Of the ranks, with their numbers. */
  readonly lines: string[] = [];
  /** Of the supervisors. */
  readonly log: string[] = [];
  readonly #options: GroupOptions;
  readonly #mpich = findMpich();
  readonly #workers = new Map<number, Worker>();
  readonly #ports = new Map<number, number>();

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** All of them, followers first. */
  static async start(options: GroupOptions): Promise<WorkerGroup> {
    const group = new WorkerGroup(options);
    for (let worker = 1; worker < options.workers; worker += 1) {
      await group.startFollower(worker);
    }
    group.startLeader();
    return group;
  }

  /** Where it was before, if it was there. */
  async startFollower(worker: number): Promise<void> {
    const stop = new AbortController();
    const { promise: listening, resolve, reject } = Promise.withResolvers<number>();
    const ended = follow(
      {
        ...this.#common(worker),
        worker,
        place: { host: HERE, port: this.#ports.get(worker) ?? 0 },
        onListening: resolve,
      },
      stop.signal,
    );
    ended.catch(reject);
    this.#workers.set(worker, { stop, ended });
    this.#ports.set(worker, await listening);
  }

  startLeader(): void {
    const {
      file,
      args,
      workers,
      ranksPerWorker = 1,
      newestCheckpoint,
      mpiexec = this.#mpich.mpiexec,
    } = this.#options;
    const stop = new AbortController();
    const env = environmentOfRanks(process.env);
    const ended = lead(
      {
        ...this.#common(0),
        addresses: Array.from({ length: workers - 1 }, (_, index) => ({
          host: HERE,
          port: this.#ports.get(index + 1) ?? 0,
        })),
        command: { mpiexec, file, args, ranksPerWorker, env },
        onLine: ({ rank, text }) => {
          this.lines.push(`[${rank}] ${text}`);
        },
        newestCheckpoint: newestCheckpoint ?? (() => Promise.resolve(null)),
      },
      stop.signal,
    );
    this.#workers.set(0, { stop, ended });
  }

  /** Tells a worker to go. */
  stop(worker: number): void {
    this.#workers.get(worker)?.stop.abort();
  }

  endOf(worker: number): Promise<number> {
    return this.#workers.get(worker)?.ended ?? Promise.reject(new Error(`there is no worker ${worker}`));
  }

  /** Waits for a line that has been said so often. @returns the newest one */
  heard(text: RegExp, times = 1, of: 'lines' | 'log' = 'lines'): Promise<string> {
    const look = (): Promise<string | null> => {
      const found = this[of].filter((line) => text.test(line));
      return Promise.resolve(found.length >= times ? (found.at(-1) ?? null) : null);
    };
    return waitUntil(look, { what: String(text), timeoutMs: PATIENCE_MS, periodMs: 20 }).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${[...this.log, ...this.lines].join('\n')}`, { cause: error });
      },
    );
  }

  async close(): Promise<void> {
    for (const { stop } of this.#workers.values()) {
      stop.abort();
    }
    await Promise.allSettled([...this.#workers.values()].map(({ ended }) => ended));
  }

  #common(worker: number): {
    readonly version: string;
    readonly token: () => string;
    readonly host: RankHost;
    readonly logger: Logger;
  } {
    const { tokens = {}, versions = {} } = this.#options;
    const say = (message: string, fields: object = {}): void => {
      this.log.push(`${worker}: ${message} ${JSON.stringify(fields)}`);
    };
    return {
      version: versions[worker] ?? '1.0.0',
      token: () => tokens[worker] ?? 'the token of the job',
      host: new RankHost({
        proxy: this.#mpich.proxy,
        env: { ...environmentOfRanks(process.env), MULTIGRID_RANK: String(worker) },
        onLine: (text) => {
          say('proxy', { text });
        },
      }),
      logger: { info: say, warn: say },
    };
  }
}
