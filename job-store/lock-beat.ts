/**
 * The owner of a lock says that it lives, again and again, and looks whether the lock is still its own. In come the lock's
 * file, the owner's token and the folder they are in, out comes a signal that aborts when the lock is lost: another one
 * holds it, or its file is gone from a folder that is still there, since others may have taken it and given it back
 * meanwhile. A folder that is gone, cannot be read or is another one says nothing: a disk may be away and come back.
 */
import { dirname } from 'node:path';
import { hasCode } from '../storage/error-code.ts';
import type { JobFileEffects } from './file-effects.ts';
import { parseOwner } from './lock-owner.ts';
import { LockLostError } from './lock-errors.ts';

export interface Beating {
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

export const NOT_BEATING: Beating = {
  lost: new AbortController().signal,
  end: () => Promise.resolve(),
};

/** A lock as its owner knows it. */
export interface OwnLock {
  readonly path: string;
  readonly token: string;
  /** Inode of the folder that the file was made in. */
  readonly folderIno: number;
}

/** @param periodMs - from one sign of life to the next */
export function beat(lock: OwnLock, effects: JobFileEffects, periodMs: number): Beating {
  const stop = new AbortController();
  const lost = new AbortController();
  const beating = (async () => {
    let isLate = false;
    for (;;) {
      if (!isLate) {
        await effects.sleep(periodMs, stop.signal);
      }
      stop.signal.throwIfAborted();
      const beganMs = effects.monotonicNow();
      if (!(await isStillOurs(lock, effects))) {
        lost.abort(new LockLostError(lock.path));
        return;
      }
      // Held up so long on a disk that was away: it may have been taken for death since the file was read.
      isLate = effects.monotonicNow() - beganMs > periodMs;
    }
  })().catch(() => {
    // Ended by `stop`.
  });
  return {
    lost: lost.signal,
    end: async () => {
      stop.abort();
      await beating;
    },
  };
}

async function isStillOurs(lock: OwnLock, effects: JobFileEffects): Promise<boolean> {
  const { path } = lock;
  try {
    if (!(await namesUs(lock, effects))) {
      return false;
    }
    const nowS = effects.now() / 1000;
    await effects.fs.utimes(path, nowS, nowS);
  } catch (error) {
    return !(hasCode(error, 'ENOENT') && (await isGone(lock, effects)));
  }
  return true;
}

async function namesUs({ path, token }: OwnLock, effects: JobFileEffects): Promise<boolean> {
  return parseOwner(await effects.fs.readFile(path, 'utf8'))?.token === token;
}

/** Whether the file is missing where it was made: the folder is looked at on both sides of the second look at the file. */
async function isGone(lock: OwnLock, effects: JobFileEffects): Promise<boolean> {
  if (!(await isFolderThere(lock, effects))) {
    return false;
  }
  try {
    return !(await namesUs(lock, effects));
  } catch (error) {
    return hasCode(error, 'ENOENT') && (await isFolderThere(lock, effects));
  }
}

async function isFolderThere({ path, folderIno }: OwnLock, effects: JobFileEffects): Promise<boolean> {
  try {
    return (await effects.fs.stat(dirname(path))).ino === folderIno;
  } catch {
    // What a disk that is away answers proves nothing; that it is away the owner learns at its next write.
    return false;
  }
}
