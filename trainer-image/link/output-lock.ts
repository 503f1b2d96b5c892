/**
 * One trainer at a time in an output folder: whoever holds the lock writes checkpoints and metrics. In comes the folder,
 * out comes the lock. Used by both implementations of JobLink.
 */
import { LOCKS } from '../../multigrid/contract/timings.ts';
import type { JobFileEffects } from '../../job-store/file-effects.ts';
import { hasCode } from '../../storage/error-code.ts';
import { acquireLock, type HeldLock, type LockOptions, LONG_HELD } from '../../job-store/file-lock.ts';

/** Held by the one trainer that may write checkpoints and metrics into a run folder. */
export const TRAINER_LOCK = 'trainer.lock';

const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EDQUOT'];

export interface LockWait extends Pick<LockOptions, 'pod' | 'isKnownDead' | 'onWaiting' | 'signal'> {
  /** @defaultValue 150000 */
  readonly timeoutMs?: number | undefined;
}

/** Nothing can be written where the results should go. Another try would find it the same way. */
export class OutputNotWritableError extends Error {
  override readonly name = 'OutputNotWritableError';

  constructor(folder: string, cause: unknown) {
    const why = Error.isError(cause) ? cause.message : String(cause);
    super(
      `the output folder ${folder} cannot be written: ${why}. In a pod the volume must be writable for user or group ` +
        '65532: fsGroup sees to that on most volumes, on hostPath and some network disks the folder has to be made so',
      { cause },
    );
  }
}

/**
 * Waits until this process is the only trainer of the folder.
 *
 * @param effects whose `host` is the pod's own name in a cluster: process numbers mean nothing outside one pod
 * @throws LockTimeoutError when an earlier trainer goes on living; OutputNotWritableError; the signal's reason.
 */
export async function lockOutput(
  folder: string,
  effects: JobFileEffects,
  { timeoutMs = LOCKS.trainerWaitMs, ...wait }: LockWait = {},
): Promise<HeldLock> {
  try {
    return await acquireLock(`${folder}/${TRAINER_LOCK}`, effects, {
      ...LONG_HELD,
      ...wait,
      timeoutMs,
    });
  } catch (error) {
    throw NOT_WRITABLE.some((code) => hasCode(error, code))
      ? new OutputNotWritableError(folder, error)
      : error;
  }
}
