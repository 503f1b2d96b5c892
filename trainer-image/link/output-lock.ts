/**
 * One trainer at a time in an output folder: whoever holds the lock writes checkpoints and metrics. In comes the folder,
 * out comes the lock. Used by both implementations of JobLink.
 */
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { LOCKS } from '../../multigrid/contract/timings.ts';
import type { JobFileEffects } from '../../job-store/file-effects.ts';
import { acquireLock, type HeldLock, type LockOptions, LONG_HELD } from '../../job-store/file-lock.ts';
import { LockTimeoutError } from '../../job-store/lock-errors.ts';
import type { KnownHolder } from '../../job-store/lock-holder.ts';
import { Silence } from '../../job-store/silence.ts';
import { isSameJob, type JobIdentity } from '../../multigrid/object/job-identity.ts';
import { hasCode } from '../../storage/error-code.ts';

/** Held by the one trainer that may write checkpoints and metrics into a run folder. */
export const TRAINER_LOCK = 'trainer.lock';

const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EDQUOT'];

export interface LockWait extends Pick<LockOptions, 'pod' | 'job' | 'isKnownDead' | 'onWaiting' | 'signal'> {
  /**
   * How long an earlier trainer of the same job may take to end. Another job's trainer is waited for as long as it lives:
   * it is at work, and nothing is wrong with this job. @defaultValue 150000
   */
  readonly timeoutMs?: number | undefined;
}

/** Nothing can be written where the results should go. Another try would find it the same way. */
export class OutputNotWritableError extends Error {
  override readonly name = 'OutputNotWritableError';

  constructor(folder: string, cause: unknown) {
    const why = messageOf(cause);
    super(
      `the output folder ${folder} cannot be written: ${why}. In a pod the volume must be writable for user or group ` +
        '65532: fsGroup does that on most volumes; on hostPath and some network file systems create the folder with that owner',
      { cause },
    );
  }
}

/**
 * Waits until this process is the only trainer of the folder.
 *
 * @param effects whose `host` is the pod's own name in a cluster: process numbers mean nothing outside one pod
 * @throws LockTimeoutError when an earlier trainer of this job goes on living; OutputNotWritableError; the signal's reason.
 */
export async function lockOutput(
  folder: string,
  effects: JobFileEffects,
  { timeoutMs = LOCKS.trainerWaitMs, ...wait }: LockWait = {},
): Promise<HeldLock> {
  const silence = new Silence(LONG_HELD.staleAfterMs);
  for (;;) {
    try {
      return await acquireLock(`${folder}/${TRAINER_LOCK}`, effects, {
        ...LONG_HELD,
        ...wait,
        timeoutMs,
        silence,
      });
    } catch (error) {
      if (!(error instanceof LockTimeoutError && isHeldForAnother(error.holder, wait.job))) {
        throw isNotWritable(error) ? new OutputNotWritableError(folder, error) : error;
      }
      wait.signal?.throwIfAborted();
    }
  }
}

/** Whether the folder is in use by a job that is not this one. */
export function isHeldForAnother({ job: theirs }: KnownHolder, ours: JobIdentity | undefined): boolean {
  return theirs !== null && ours !== undefined && !isSameJob(theirs, ours);
}

function isNotWritable(error: unknown): boolean {
  return NOT_WRITABLE.some((code) => hasCode(error, code));
}
