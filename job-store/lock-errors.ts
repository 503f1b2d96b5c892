/**
 * What can go wrong with a lock: it is not free in time, or it is no longer ours. Each class says which file, and what to
 * do; the command line prints the message as it is.
 */
import type { KnownHolder } from './lock-holder.ts';

/** The lock of a file was not free in time. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
  readonly path: string;
  readonly holder: KnownHolder;
  constructor(path: string, holder: KnownHolder, waitedMs: number) {
    super(
      `${path}: still held by ${holder.description} after ${Math.round(waitedMs / 1000)} s; end that process, or delete the file if it is gone`,
    );
    this.path = path;
    this.holder = holder;
  }
}

/**
 * Another process has judged us dead and taken the lock, or somebody has deleted its file: whatever it protects is not ours
 * to write any more.
 */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
  readonly path: string;
  constructor(path: string) {
    super(
      `${path}: taken over by another process, since this one did not renew it in time, or deleted; ending without writing`,
    );
    this.path = path;
  }
}
