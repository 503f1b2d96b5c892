/**
 * The trainer's link to its job through the run folder's job.yaml. In come the plan and the directives the operator
 * writes there, out goes `status.progress`. The operator's half of the conversation is operator/platform/local.
 */
import { LOCKS } from '../../multigrid/contract/timings.ts';
import type { Directive } from '../../multigrid/directive.ts';
import type { JobFileEffects } from '../../job-store/file-effects.ts';
import type { HeldLock } from '../../job-store/file-lock.ts';
import { watchJobFile } from '../../job-store/job-file-watch.ts';
import { JobFile } from '../../job-store/job-file.ts';
import type { KnownHolder } from '../../job-store/lock-holder.ts';
import { identityOf } from '../../multigrid/object/job-identity.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { type FileWork, ONCE } from '../../storage/patience.ts';
import type { JobLink } from './job-link.ts';
import { KnownJob } from './known-job.ts';
import { lockOutput } from './output-lock.ts';
import { ProgressOutbox } from './progress-outbox.ts';

export interface FileJobLinkOptions {
  /** Run folder that holds job.yaml. */
  readonly folder: string;
  readonly effects: JobFileEffects;
  /** Told of reads and writes that failed and are tried again. */
  readonly onError: (error: unknown) => void;
  /** Told whose lock of the folder is waited for. */
  readonly onWaiting?: (holder: KnownHolder) => void;
  /** Another trainer, on another machine, has taken the folder over while this one was frozen or cut off. */
  readonly onLockLost?: (error: unknown) => void;
  /** How long to wait for an earlier trainer of this folder to end, milliseconds. */
  readonly lockTimeoutMs?: number;
  /** Waits for a disk that is in trouble. @defaultValue nobody waits */
  readonly patience?: FileWork;
}

/** How long the last report is tried while nobody is in a hurry: the disk of the run's folder may come back. */
const CLOSE_MS = 600_000;

export class FileJobLink implements JobLink {
  readonly name: string;
  readonly #file: JobFile;
  readonly #lock: HeldLock;
  readonly #outbox: ProgressOutbox;
  readonly #onError: (error: unknown) => void;
  readonly #patience: FileWork;
  readonly #closing = new AbortController();
  readonly #known = new KnownJob();
  #watching: Promise<void> = Promise.resolve();

  private constructor(file: JobFile, lock: HeldLock, job: StoredJob, options: FileJobLinkOptions) {
    this.name = job.metadata.name;
    this.#file = file;
    this.#lock = lock;
    this.#known.learn(job);
    this.#onError = options.onError;
    this.#patience = options.patience ?? ONCE;
    this.#outbox = new ProgressOutbox({
      send: async (progress) => {
        const lockTimeoutMs = LOCKS.reportWaitMs;
        await file.patch({ writer: 'trainer', status: { progress } }, { lockTimeoutMs });
      },
      onError: options.onError,
      closeTimeoutMs: CLOSE_MS,
      monotonicNow: options.effects.monotonicNow,
      sleep: options.effects.sleep,
    });
  }

  /**
   * Opens the link and makes this process the folder's only trainer.
   *
   * @throws JobFileError when there is no sound job in the folder.
   * @throws LockTimeoutError when an earlier trainer does not end.
   */
  static async open(options: FileJobLinkOptions): Promise<FileJobLink> {
    const { folder, effects, onWaiting, lockTimeoutMs } = options;
    const file = new JobFile(folder, effects);
    const { patience = ONCE } = options;
    const read = (): Promise<StoredJob> =>
      patience.with({ doing: 'reading', path: file.path }, () => file.read());
    const identity = identityOf(await read());
    const lock = await patience.with({ doing: 'locking', path: file.path }, () =>
      lockOutput(folder, effects, { job: identity, timeoutMs: lockTimeoutMs, onWaiting }),
    );
    lock.lost.addEventListener('abort', () => {
      options.onLockLost?.(lock.lost.reason);
    });
    let job: StoredJob;
    try {
      job = await read();
    } catch (error) {
      await lock.release();
      throw error;
    }
    const link = new FileJobLink(file, lock, job, options);
    link.#watching = watchJobFile(file, options.effects, () => link.#refresh(), link.#closing.signal);
    return link;
  }

  job(): Promise<StoredJob> {
    return this.#patience.with({ doing: 'reading', path: this.#file.path }, () => this.#file.read());
  }

  plan(signal?: AbortSignal): Promise<Plan> {
    return this.#known.plan(signal);
  }

  directive(): Directive | null {
    return this.#known.directive();
  }

  nextDirective(afterGeneration: number, timeoutMs: number, signal: AbortSignal): Promise<Directive | null> {
    return this.#known.nextDirective(afterGeneration, timeoutMs, signal);
  }

  report(progress: Progress): Promise<void> {
    return this.#outbox.put(progress);
  }

  async close(hurry?: AbortSignal): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    try {
      await this.#outbox.close(hurry);
    } finally {
      // A lock that cannot be given back is one whose owner is dead, which the next trainer finds out.
      await this.#lock.release().catch(this.#onError);
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.#known.learn(await this.#file.read());
    } catch (error) {
      // A person may be editing the file: the last sound version holds until the next one.
      this.#onError(error);
    }
  }
}
