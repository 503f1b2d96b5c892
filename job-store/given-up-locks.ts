/**
 * Locks of this process that it no longer holds. In: a lock. Out: its file is removed, at once, or later where its disk or its
 * folder is away: the file may come back with the folder, and nobody else could tell that its owner, who lives, is done with it.
 */
import { hasCode } from '../storage/error-code.ts';
import type { JobFileEffects } from './file-effects.ts';
import type { OwnLock } from './lock-beat.ts';
import { type LockOwner, parseOwner } from './lock-owner.ts';

type Lock = Pick<OwnLock, 'path' | 'token'>;

/**
 * What became of a lock's file. `gone`: it was not there any more, or its folder was away, and others could have come in;
 * `taken`: it names somebody else, who has judged us dead and taken over.
 */
export type Removal = 'released' | 'gone' | 'taken';

const tokens = new Set<string>();
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

export function isGivenUp({ token }: LockOwner): boolean {
  return tokens.has(token);
}

/**
 * From now on the lock is nobody's.
 *
 * @throws the file system's error when it could not be removed; it is tried again until it can
 */
export async function giveUp(lock: Lock, effects: JobFileEffects): Promise<Removal> {
  tokens.add(lock.token);
  let outcome: Removal = 'gone';
  try {
    outcome = await remove(lock, effects, 'at once');
  } finally {
    if (outcome === 'gone') {
      removeLater(lock, effects, FIRST_PAUSE_MS);
    }
  }
  return outcome;
}

/** Does not keep the process. */
function removeLater(lock: Lock, effects: JobFileEffects, pauseMs: number): void {
  effects.callIfStillThere(pauseMs, () => {
    void remove(lock, effects, 'later')
      .catch((): Removal => 'gone')
      .then((outcome) => {
        if (outcome === 'gone') {
          removeLater(lock, effects, Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
        }
      });
  });
}

async function remove(
  { path, token }: Lock,
  effects: JobFileEffects,
  when: 'at once' | 'later',
): Promise<Removal> {
  const owner = await ownerAt(path, effects);
  // Later, a file without a name is of somebody who is just taking the lock.
  if (owner === undefined || (owner === null && when === 'later')) {
    return 'gone';
  }
  if (owner !== null && owner.token !== token) {
    return 'taken';
  }
  try {
    await effects.fs.unlink(path);
    tokens.delete(token);
    return 'released';
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
    return 'gone';
  }
}

/** Who stands in the lock's file; null: nobody yet; undefined: there is no such file. */
export async function ownerAt(path: string, effects: JobFileEffects): Promise<LockOwner | null | undefined> {
  try {
    return parseOwner(await effects.fs.readFile(path, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}
