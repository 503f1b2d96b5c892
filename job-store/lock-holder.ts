/**
 * What is found where a lock's file should be: nobody, somebody who lives, somebody who is dead, or somebody of whom
 * only silence can tell. In come the path, who asks and what it knows, out comes the finding. A holder is dead when its
 * process is not in this machine's own table any more, when somebody who can know says so, or when it was silent for
 * long while one watched.
 */
import { hasCode } from '../storage/error-code.ts';
import type { JobFileEffects } from './file-effects.ts';
import type { JobIdentity } from '../multigrid/object/job-identity.ts';
import { isOfSameTable, isSameProcessAlive, type LockOwner, ownerInWords, parseOwner } from './lock-owner.ts';
import type { Silence } from './silence.ts';

/** A holder as far as its lock tells. */
export interface KnownHolder {
  /** In words, to be shown. */
  readonly description: string;
  /** The job that it works for; null: it does not say. */
  readonly job: JobIdentity | null;
}

export type Holder =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'alive' | 'unknown' } & KnownHolder)
  | { readonly kind: 'dead'; readonly token: string };

export interface Witnesses {
  readonly self: LockOwner;
  readonly silence: Silence;
  /** Says of owners elsewhere that they have ended for certain; false where it does not know. */
  readonly isKnownDead: (owner: LockOwner) => boolean;
}

const UNNAMED = 'unnamed';

export async function holderOf(path: string, effects: JobFileEffects, witnesses: Witnesses): Promise<Holder> {
  const beganMs = effects.monotonicNow();
  let text: string;
  let sign: string;
  try {
    // In this order: a network disk looks at the file anew when it is opened, and tells old times until then.
    text = await effects.fs.readFile(path, 'utf8');
    const { ino, mtimeMs, size } = await effects.fs.stat(path);
    sign = `${ino}/${mtimeMs}/${size}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return { kind: 'none' };
    }
    throw error;
  }
  const owner = parseOwner(text);
  const token = owner?.token ?? UNNAMED;
  const endedMs = effects.monotonicNow();
  const heard = witnesses.silence.hear({ owner: token, sign, beganMs, endedMs });
  const kind = owner === null ? null : await certaintyOf(owner, effects, witnesses);
  if ((kind ?? heard) === 'death') {
    return { kind: 'dead', token };
  }
  return { kind: (kind ?? heard) === 'life' ? 'alive' : 'unknown', ...knownHolder(owner) };
}

function knownHolder(owner: LockOwner | null): KnownHolder {
  return owner === null
    ? { description: 'an unknown process', job: null }
    : { description: ownerInWords(owner), job: owner.job ?? null };
}

/** What can be known of an owner without listening; null: nothing. */
async function certaintyOf(
  owner: LockOwner,
  effects: JobFileEffects,
  { self, isKnownDead }: Witnesses,
): Promise<'life' | 'death' | null> {
  if (isKnownDead(owner)) {
    return 'death';
  }
  if (!isOfSameTable(owner, self)) {
    return null;
  }
  return (await isSameProcessAlive(owner, effects)) ? 'life' : 'death';
}
