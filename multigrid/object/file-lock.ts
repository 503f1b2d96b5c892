/**
 * A lock between processes: a file that only one of them can create. In comes a path and the effects, out comes a held
 * lock. A lock whose owner died is taken over: by process number and start time on the same machine, by age when it
 * was taken on another one (a shared folder, a container that was replaced). Called by job-file.ts for every write and
 * by the local platform for a whole run.
 */
import { hasCode } from './error-code.ts';
import type { JobFileEffects } from './file-effects.ts';
import { LockLostError, LockTimeoutError } from './object-errors.ts';

export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's own unit; empty where the system does not say. */
  readonly started: string;
  /** Unique to this holding of the lock. */
  readonly token: string;
}

export interface LockOptions {
  /** How long to wait for the lock, milliseconds. */
  readonly timeoutMs: number;
  /** Age at which a lock of another machine, or one whose owner never wrote its name, counts as abandoned. */
  readonly staleAfterMs: number;
  /** Say again and again that the owner lives: for locks that may be held longer than `staleAfterMs`. */
  readonly isLongHeld?: boolean;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

export interface HeldLock {
  /** Gives the lock back. */
  release(): Promise<void>;
  /**
   * Aborts when somebody else has taken the lock over, since we were frozen or cut off for longer than `staleAfterMs`.
   * Only a long-held lock finds out.
   */
  readonly lost: AbortSignal;
}

/** What is found where a lock file should be. */
type Holder =
  | { readonly kind: 'none' }
  | { readonly kind: 'alive'; readonly description: string }
  | { readonly kind: 'dead'; readonly token: string };

const UNNAMED = 'unnamed';
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;
/** Who waits for the end of a run need not ask a network disk forty times a second. */
const LONGEST_PAUSE_FOR_LONG_MS = 500;

/**
 * Waits until `path` is ours.
 *
 * @throws LockTimeoutError when another owner, alive as far as can be known, keeps it longer than `timeoutMs`; the
 *   signal's reason.
 */
export async function acquireLock(
  path: string,
  effects: JobFileEffects,
  options: LockOptions,
): Promise<HeldLock> {
  const startedAt = effects.monotonicNow();
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const token = await tryCreate(path, effects);
    if (token !== null) {
      const beating =
        options.isLongHeld === true ? beat(path, token, effects, options.staleAfterMs) : NOT_BEATING;
      return {
        lost: beating.lost,
        release: async () => {
          await beating.end();
          await releaseLock(path, token, effects);
        },
      };
    }
    const holder = await holderOf(path, effects, options.staleAfterMs);
    if (holder.kind === 'dead') {
      await removeAbandoned(path, holder.token, effects, options);
      continue;
    }
    const waitedMs = effects.monotonicNow() - startedAt;
    if (waitedMs >= options.timeoutMs) {
      throw new LockTimeoutError(path, holder.kind === 'alive' ? holder.description : 'others', waitedMs);
    }
    await pause(pauseMs, effects, options.signal);
    pauseMs = Math.min(
      pauseMs * 2,
      options.isLongHeld === true ? LONGEST_PAUSE_FOR_LONG_MS : LONGEST_PAUSE_MS,
    );
  }
}

interface Beating {
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

const NOT_BEATING: Beating = { lost: new AbortController().signal, end: () => Promise.resolve() };

async function pause(ms: number, effects: JobFileEffects, signal: AbortSignal | undefined): Promise<void> {
  try {
    await effects.sleep(ms, signal);
  } catch (error) {
    // The reason itself, not a timer's error around it.
    signal?.throwIfAborted();
    throw error;
  }
}

/** Keeps a lock young, so that other machines see its owner alive, and looks whether it is still ours. */
function beat(path: string, token: string, effects: JobFileEffects, staleAfterMs: number): Beating {
  const stop = new AbortController();
  const lost = new AbortController();
  const beating = (async () => {
    for (;;) {
      await effects.sleep(staleAfterMs / 4, stop.signal);
      if (!(await isStillOurs(path, token, effects))) {
        lost.abort(new LockLostError(path));
        return;
      }
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

/** Creates the lock file with our name in it. Answers the token of this holding, or null when the lock is taken. */
async function tryCreate(path: string, effects: JobFileEffects): Promise<string | null> {
  const { pid } = effects.process;
  const token = effects.uniqueId();
  const started = (await processEntry(pid, effects))?.started ?? '';
  const owner: LockOwner = { pid, host: effects.host, started, token };
  let file;
  try {
    file = await effects.fs.open(path, 'wx');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return null;
    }
    throw error;
  }
  try {
    await file.writeFile(JSON.stringify(owner));
  } catch (error) {
    // A full disk: leave no lock behind that names nobody.
    await effects.fs.unlink(path);
    throw error;
  } finally {
    await file.close();
  }
  return token;
}

async function releaseLock(path: string, token: string, effects: JobFileEffects): Promise<void> {
  try {
    // Another machine may have judged us dead and taken over: its lock is not ours to delete.
    if (parseOwner(await effects.fs.readFile(path, 'utf8'))?.token === token) {
      await effects.fs.unlink(path);
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  }
}

/**
 * Removes the lock that a dead owner left. Two processes may see the same dead owner; were both to delete, the second
 * could delete the lock the first has just taken. So the right to delete is itself a lock, named after the dead
 * owner's token: whoever holds it looks again and deletes only what is still that owner's.
 */
async function removeAbandoned(
  path: string,
  token: string,
  effects: JobFileEffects,
  options: LockOptions,
): Promise<void> {
  const right = await acquireLock(`${path}.${token}`, effects, options);
  try {
    const holder = await holderOf(path, effects, options.staleAfterMs);
    if (holder.kind === 'dead' && holder.token === token) {
      await effects.fs.unlink(path);
    }
  } finally {
    await right.release();
  }
}

async function holderOf(path: string, effects: JobFileEffects, staleAfterMs: number): Promise<Holder> {
  let text: string;
  let ageMs: number;
  try {
    // In this order: a network disk looks at the file anew when it is opened, and tells old times until then.
    text = await effects.fs.readFile(path, 'utf8');
    ageMs = effects.now() - (await effects.fs.stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return { kind: 'none' };
    }
    throw error;
  }
  const owner = parseOwner(text);
  const description = owner === null ? 'an unknown process' : `process ${owner.pid} on ${owner.host}`;
  const isDead =
    owner?.host === effects.host ? !(await isSameProcessAlive(owner, effects)) : ageMs > staleAfterMs;
  return isDead ? { kind: 'dead', token: owner?.token ?? UNNAMED } : { kind: 'alive', description };
}

/** Whether the very process that took the lock still runs: a number alone may have been given to another since. */
async function isSameProcessAlive(owner: LockOwner, effects: JobFileEffects): Promise<boolean> {
  try {
    effects.process.kill(owner.pid, 0);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) {
      return false;
    }
  }
  const entry = await processEntry(owner.pid, effects);
  if (entry === null) {
    return true;
  }
  return !entry.isZombie && (owner.started === '' || entry.started === owner.started);
}

/** A process in Linux's process table; null where there is no such table and the number alone must do. */
async function processEntry(
  pid: number,
  effects: JobFileEffects,
): Promise<{ readonly started: string; readonly isZombie: boolean } | null> {
  try {
    const stat = await effects.fs.readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; state and start time come after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19] ?? '', isZombie: fields[0] === 'Z' };
  } catch {
    return null;
  }
}

function parseOwner(text: string): LockOwner | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its owner has created it and not yet written its name.
    return null;
  }
  return isOwner(value) ? value : null;
}

function isOwner(value: unknown): value is LockOwner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'host' in value &&
    typeof value.host === 'string' &&
    'started' in value &&
    typeof value.started === 'string' &&
    'token' in value &&
    typeof value.token === 'string' &&
    /^[\w-]+$/.test(value.token)
  );
}
