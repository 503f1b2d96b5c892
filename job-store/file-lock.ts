/**
 * A lock between processes: a file that only one of them can create. In comes a path and the effects, out comes a held
 * lock. A lock whose owner is dead is taken over: at once where that is certain, and else when the owner was silent for
 * long while one watched (lock-holder.ts).
 */
import { dirname } from 'node:path';
import { LOCKS } from '../multigrid/contract/timings.ts';
import { hasCode } from '../storage/error-code.ts';
import type { JobFileEffects, OpenFile } from './file-effects.ts';
import type { JobIdentity } from '../multigrid/object/job-identity.ts';
import { beat, NOT_BEATING, type OwnLock } from './lock-beat.ts';
import { giveUp, isGivenUp, ownerAt, type Removal } from './given-up-locks.ts';
import { type Holder, holderOf, type KnownHolder, type Witnesses } from './lock-holder.ts';
import { type LockOwner, thisOwner } from './lock-owner.ts';
import { LockTimeoutError } from './lock-errors.ts';
import { Silence } from './silence.ts';

export interface LockOptions {
  /**
   * How long to wait for the lock, milliseconds. A lock that may be held for long is waited for as long as it takes to
   * find out whether its owner lives.
   */
  readonly timeoutMs: number;
  /** Silence after which the owner of a lock elsewhere, or one who never wrote its name, counts as dead, milliseconds. */
  readonly staleAfterMs: number;
  /** Say again and again that the owner lives: for locks that may be held longer than `staleAfterMs`. */
  readonly isLongHeld?: boolean;
  /** From one sign of life to the next, milliseconds. @defaultValue a quarter of `staleAfterMs` */
  readonly beatMs?: number;
  /** What was heard of the lock so far, for callers who come again before `staleAfterMs` is over. */
  readonly silence?: Silence;
  /** Uid of the pod that this process is in, by which others may know of its end. */
  readonly pod?: string | undefined;
  /** The job that this process works for. */
  readonly job?: JobIdentity | undefined;
  /** @see Witnesses.isKnownDead */
  readonly isKnownDead?: Witnesses['isKnownDead'] | undefined;
  /** Told whose lock it is that is waited for, once for each, when it takes longer than a moment. */
  readonly onWaiting?: ((holder: KnownHolder) => void) | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

export interface HeldLock {
  /** Gives the lock back. */
  release(): Promise<Removal>;
  /**
   * Aborts when the lock is not ours any more: somebody else has taken it over, and may have given it back, since we were
   * frozen or cut off for longer than `staleAfterMs`; or its file was deleted. Only a long-held lock finds out.
   */
  readonly lost: AbortSignal;
}

/** For locks that are held as long as a process trains. */
export const LONG_HELD = { isLongHeld: true, beatMs: LOCKS.beatMs, staleAfterMs: LOCKS.staleMs } as const;

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;
/** Who waits for the end of a run need not ask a network disk forty times a second. */
const LONGEST_PAUSE_FOR_LONG_MS = 500;
/** A lock that is given back sooner is not worth a word. */
const MOMENT_MS = 1000;
/** Of `staleAfterMs`: enough to hear that an owner lives, or that nothing is heard, also on a disk that stumbles. */
const LISTENING = 1.5;

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
  const { pod, job } = options;
  const self = await thisOwner(effects, {
    ...(pod === undefined ? {} : { pod }),
    ...(job === undefined ? {} : { job }),
  });
  const wait = new Wait(path, effects, options);
  const witnesses: Witnesses = {
    self,
    silence: options.silence ?? new Silence(options.staleAfterMs),
    isKnownDead: (owner) => isGivenUp(owner) || (options.isKnownDead?.(owner) ?? false),
  };
  // Before the file is there: nothing is left behind when the folder cannot be seen.
  const folderIno = options.isLongHeld === true ? (await effects.fs.stat(dirname(path))).ino : 0;
  while (!(await tryCreate(path, self, effects))) {
    const holder = await holderOf(path, effects, witnesses);
    if (holder.kind === 'dead') {
      await removeAbandoned({ path, token: holder.token }, effects, witnesses, options);
    } else {
      await wait.on(holder);
    }
  }
  return held({ path, token: self.token, folderIno }, effects, options);
}

function held(lock: OwnLock, effects: JobFileEffects, options: LockOptions): HeldLock {
  const { isLongHeld = false, staleAfterMs, beatMs = staleAfterMs / 4 } = options;
  const beating = isLongHeld ? beat(lock, effects, beatMs) : NOT_BEATING;
  return {
    lost: beating.lost,
    release: async () => {
      await beating.end();
      return giveUp(lock, effects);
    },
  };
}

/** Whoever held the lock a moment ago. */
const UNSEEN: KnownHolder = { description: 'others', job: null };

/** The pauses between looks, and when there have been enough of them. */
class Wait {
  readonly #path: string;
  readonly #effects: JobFileEffects;
  readonly #options: LockOptions;
  readonly #beganMs: number;
  #pauseMs = FIRST_PAUSE_MS;
  #said = '';

  constructor(path: string, effects: JobFileEffects, options: LockOptions) {
    this.#path = path;
    this.#effects = effects;
    this.#options = options;
    this.#beganMs = effects.monotonicNow();
  }

  /** @throws LockTimeoutError when it has taken too long; the signal's reason. */
  async on(holder: Exclude<Holder, { readonly kind: 'dead' }>): Promise<void> {
    const { timeoutMs, staleAfterMs, isLongHeld = false, signal } = this.#options;
    const waitedMs = this.#effects.monotonicNow() - this.#beganMs;
    const { description } = holder.kind === 'none' ? UNSEEN : holder;
    const isListening = isLongHeld && holder.kind === 'unknown';
    if (waitedMs >= (isListening ? Math.max(timeoutMs, LISTENING * staleAfterMs) : timeoutMs)) {
      throw new LockTimeoutError(this.#path, holder.kind === 'none' ? UNSEEN : holder, waitedMs);
    }
    if (waitedMs >= MOMENT_MS && holder.kind !== 'none' && this.#said !== description) {
      this.#said = description;
      this.#options.onWaiting?.(holder);
    }
    await pause(this.#pauseMs, this.#effects, signal);
    this.#pauseMs = Math.min(this.#pauseMs * 2, isLongHeld ? LONGEST_PAUSE_FOR_LONG_MS : LONGEST_PAUSE_MS);
  }
}

async function pause(ms: number, effects: JobFileEffects, signal: AbortSignal | undefined): Promise<void> {
  try {
    await effects.sleep(ms, signal);
  } catch (error) {
    // The reason itself, not a timer's error around it.
    signal?.throwIfAborted();
    throw error;
  }
}

/** Creates the lock file with our name in it; false when the lock is another's. */
async function tryCreate(path: string, owner: LockOwner, effects: JobFileEffects): Promise<boolean> {
  let file;
  try {
    file = await effects.fs.open(path, 'wx');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
  const lock = { path, token: owner.token };
  try {
    await writeOwner(file, owner);
    // Whoever was frozen before the name was written may have been judged dead: then the file is another's by now.
    if ((await ownerAt(path, effects))?.token === owner.token) {
      return true;
    }
  } catch (error) {
    // A full disk, or one that is away: leave no lock behind that nobody holds.
    await giveUp(lock, effects).catch(() => undefined);
    throw error;
  }
  // Or its folder went away, and comes back with the file.
  await giveUp(lock, effects);
  return false;
}

async function writeOwner(file: OpenFile, owner: LockOwner): Promise<void> {
  try {
    await file.writeFile(JSON.stringify(owner));
  } finally {
    await file.close();
  }
}

/**
 * Removes the lock that a dead owner left. Two processes may see the same dead owner; were both to delete, the second
 * could delete the lock the first has just taken. So the right to delete is itself a lock, named after the dead
 * owner's token: whoever holds it looks again and deletes only what is still that owner's.
 */
async function removeAbandoned(
  { path, token }: { readonly path: string; readonly token: string },
  effects: JobFileEffects,
  witnesses: Witnesses,
  options: LockOptions,
): Promise<void> {
  const silence = new Silence(options.staleAfterMs);
  const right = await acquireLock(`${path}.${token}`, effects, { ...options, silence });
  try {
    const holder = await holderOf(path, effects, witnesses);
    if (holder.kind === 'dead' && holder.token === token) {
      await effects.fs.unlink(path);
    }
  } finally {
    await right.release();
  }
}
