/**
 * The owner of a lock says that it lives, again and again, and looks whether the lock is still its own. In come the lock's
 * file and the owner's token, out comes a signal that aborts when another one has taken the lock over. Started by
 * file-lock.ts.
 */
import type { JobFileEffects } from './file-effects.ts';
import { parseOwner } from './lock-owner.ts';
import { LockLostError } from './object-errors.ts';

export interface Beating {
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

export const NOT_BEATING: Beating = {
  lost: new AbortController().signal,
  end: () => Promise.resolve(),
};

/** @param periodMs - from one sign of life to the next */
export function beat(path: string, token: string, effects: JobFileEffects, periodMs: number): Beating {
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
      if (!(await isStillOurs(path, token, effects))) {
        lost.abort(new LockLostError(path));
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

async function isStillOurs(path: string, token: string, effects: JobFileEffects): Promise<boolean> {
  try {
    if (parseOwner(await effects.fs.readFile(path, 'utf8'))?.token !== token) {
      return false;
    }
    const nowS = effects.now() / 1000;
    await effects.fs.utimes(path, nowS, nowS);
  } catch {
    // A disk that cannot be read for a moment proves nothing; that the folder is gone the owner learns at its next write.
  }
  return true;
}
