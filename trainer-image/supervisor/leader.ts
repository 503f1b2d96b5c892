/**
 * The first worker's supervisor: it waits until all others are there, starts the ranks of all, and decides what follows when they
 * end. In: where the others are, and the ranks' command. Out: the exit code of this worker's pod; the others stay where they are
 * and wait, for this one or its successor, unless the job is done.
 */
import { setMaxListeners } from 'node:events';
import { EXIT, STOPPED } from '../../multigrid/contract/exit-codes.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import type { Logger } from '../train/logger.ts';
import { LauncherFailedError } from '../mpi/mpi-errors.ts';
import { afterAttempt, type Verdict } from './after-attempt.ts';
import { Attempt, type AttemptParts } from './attempt.ts';
import { FollowerLink, VersionsDifferError } from './follower-link.ts';
import { type Address, TokenRefusedError } from './secure.ts';

export interface LeaderOptions extends Omit<AttemptParts, 'followers'> {
  /** Of the other workers, from the second one. */
  readonly addresses: readonly Address[];
  readonly version: string;
  readonly token: () => string;
  /** Tells one checkpoint from another; null: there is none, or it cannot be known now. */
  readonly newestCheckpoint: () => Promise<string | null>;
  readonly logger: Logger;
}

/**
 * @param stop - aborts when the job is to save what it has and end
 * @returns the worker's exit code
 */
export async function lead(options: LeaderOptions, stop: AbortSignal): Promise<number> {
  const leader = new Leader(options, stop);
  return leader.run();
}

class Leader {
  readonly #options: LeaderOptions;
  readonly #stop: AbortSignal;
  readonly #followers: readonly FollowerLink[];
  readonly #failed = Promise.withResolvers<never>();
  #changed = Promise.withResolvers<null>();
  #attempt: Attempt | null = null;
  #isWorkerLeaving = false;
  #isOver = false;
  /** When ranks were last started again here. */
  #savedBefore: string | null | undefined = undefined;

  constructor(options: LeaderOptions, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    const { addresses, version, token, logger } = options;
    this.#followers = addresses.map(
      (address, index) =>
        new FollowerLink({
          ...{ worker: index + 1, address, version, token, logger },
          onChange: () => {
            this.#lookAgain();
          },
        }),
    );
  }

  async run(): Promise<number> {
    const over = new AbortController();
    setMaxListeners(0, over.signal);
    const onStop = (): void => {
      this.#attempt?.stop();
      this.#lookAgain();
    };
    this.#stop.addEventListener('abort', onStop, { once: true });
    const links = this.#followers.map((follower) =>
      follower.keep(over.signal).catch((error: unknown) => {
        this.#failed.reject(error);
      }),
    );
    const work = this.#work();
    try {
      return await Promise.race([work, this.#failed.promise]);
    } catch (error) {
      this.#options.logger.warn('the workers cannot train together', { why: messageOf(error) });
      return codeOf(error);
    } finally {
      this.#stop.removeEventListener('abort', onStop);
      this.#isOver = true;
      this.#attempt?.cut('the first worker has come to its end');
      this.#lookAgain();
      // Its ranks are gone before this worker is. What it fails with is told above, or is less than what came first.
      await Promise.allSettled([work]);
      over.abort();
      await Promise.all(links);
    }
  }

  async #work(): Promise<number> {
    for (;;) {
      if (!(await this.#allReady())) {
        return STOPPED;
      }
      const verdict = await this.#try();
      if (verdict.kind === 'done') {
        await Promise.all(this.#followers.map((follower) => follower.dismiss()));
        return 0;
      }
      if (verdict.kind === 'end') {
        this.#options.logger.warn('the workers have ended', { why: verdict.why, code: verdict.code });
        return verdict.code;
      }
      this.#options.logger.warn('the workers start again where they are', { why: verdict.why });
    }
  }

  /** False: told to stop, or of no use any more. */
  async #allReady(): Promise<boolean> {
    while (!this.#stop.aborted && !this.#isOver) {
      const { promise } = this.#changed;
      if (this.#followers.every(({ isReady }) => isReady)) {
        return true;
      }
      await promise;
    }
    return false;
  }

  async #try(): Promise<Verdict> {
    const { logger, newestCheckpoint } = this.#options;
    this.#isWorkerLeaving = false;
    logger.info('all workers are ready', { workers: this.#followers.length + 1 });
    this.#attempt = new Attempt({ ...this.#options, followers: this.#followers });
    const end = await this.#attempt.end();
    this.#attempt = null;
    const saved = await newestCheckpoint();
    const isWorkerLeaving = this.#wasWorkerLeaving();
    const verdict = afterAttempt(end, {
      ...{ isStopping: this.#stop.aborted, isWorkerLeaving },
      hasGotOn: this.#savedBefore === undefined || (saved !== null && saved !== this.#savedBefore),
    });
    if (verdict.kind === 'again' && !isWorkerLeaving) {
      this.#savedBefore = saved;
    }
    return verdict;
  }

  #wasWorkerLeaving(): boolean {
    return this.#isWorkerLeaving;
  }

  #lookAgain(): void {
    if (this.#attempt !== null && !this.#isWorkerLeaving && this.#followers.some((it) => it.isLeaving)) {
      this.#isWorkerLeaving = true;
      this.#attempt.stop();
    }
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve(null);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof LauncherFailedError) {
    return EXIT.notStarted;
  }
  // Another try would end the same way.
  const isForGood = error instanceof VersionsDifferError || error instanceof TokenRefusedError;
  return isForGood ? EXIT.unavailable : EXIT.internal;
}
