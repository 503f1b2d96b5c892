/**
 * Tells which objects around the workers of a job are missing or changed, and when to put them back. In come the objects
 * as they should be and as the cache has them, out come those at fault. Looks are many and changes are few: a set of
 * versions that has been found right is not looked into again. What somebody else changes back each time, or what cannot
 * be put back, is tried again with pauses.
 */
import { surroundingsOf } from '../../workers/children.ts';
import { nameOf, type Child } from '../../workers/child.ts';
import type { Damage, TrainingJob } from '../platform.ts';
import type { KeptChild } from './cache/kept-child.ts';
import { isRecord } from '../../../multigrid/json/fields.ts';
import { isWithin } from './writes/child-writer.ts';

/** What the cache has of a job's objects, by kind. */
export type FoundChildren = Readonly<Record<string, KeptChild | null>>;

interface Attempt {
  readonly seen: string;
  readonly atMs: number;
}

/** Between two attempts: for the cache to hear of what the first one did, and against somebody who works against it. */
const PAUSE_MS = 10_000;
/** The same where nothing came of the first. */
const VAIN_PAUSE_MS = 60_000;

export class Upkeep {
  readonly #now: () => number;
  /** What was seen when all was right, by the key of the job. */
  readonly #right = new Map<string, string>();
  readonly #attempts = new Map<string, Attempt>();

  /** @param now - milliseconds, the controller's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns null when all is as it should be */
  damageTo(key: string, job: TrainingJob, found: FoundChildren): Damage | null {
    const seen = versionsOf(job, found);
    if (this.#right.get(key) === seen) {
      return null;
    }
    const atFault = wantedFor(job).filter((child) => !isAsWanted(child, found[child.kind] ?? null));
    if (atFault.length === 0) {
      this.#right.set(key, seen);
      return null;
    }
    const attempt = this.#attempts.get(key);
    const pauseMs = attempt?.seen === seen ? VAIN_PAUSE_MS : PAUSE_MS;
    return {
      children: atFault.map(nameOf),
      mendAtMs: attempt === undefined ? this.#now() : attempt.atMs + pauseMs,
    };
  }

  /** All of them have just been made, or put back. */
  attempted(key: string, job: TrainingJob, found: FoundChildren): void {
    this.#attempts.set(key, { seen: versionsOf(job, found), atMs: this.#now() });
  }

  /** Of a job that is gone. */
  forget(key: string): void {
    this.#right.delete(key);
    this.#attempts.delete(key);
  }
}

function wantedFor(job: TrainingJob): readonly Child[] {
  const { first, binding } = surroundingsOf(job);
  return [...first, binding];
}

function versionsOf({ metadata, status }: TrainingJob, found: FoundChildren): string {
  const versions = Object.values(found).map((child) => child?.resourceVersion ?? '');
  return [metadata.uid, metadata.generation, status?.plan?.hash, ...versions].join(' ');
}

/** Somebody else's object of that name is not as wanted either; it is left alone by whoever is to put it right. */
function isAsWanted(wanted: Child, found: KeptChild | null): boolean {
  if (found === null) {
    return false;
  }
  const { apiVersion, kind } = wanted;
  const content: unknown = JSON.parse(found.text.toString());
  // Items of a list do not say of what kind they are.
  return isRecord(content) && isWithin(wanted, { ...content, apiVersion, kind });
}
