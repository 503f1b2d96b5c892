/**
 * The job object in a file: what the API server is to a cluster, job.yaml is to a run on one machine. In come patches,
 * each of one writer to its own fields; out come versions of the whole object. Reads never see half a file (temporary
 * name, fsync, rename); writes of several processes follow one another (file-lock.ts). People do not take the lock: a
 * file that they edited or deleted while a write was on its way is read again instead of written over. Used by the local
 * platform, by the trainer's file link and by the progress display.
 */
import { LOCKS } from '../multigrid/contract/timings.ts';
import type { FileSignature, InstantFileSystem, JobFileEffects } from './file-effects.ts';
import { hasCode } from '../storage/error-code.ts';
import { acquireLock } from './file-lock.ts';
import type { JobStatus } from '../multigrid/api/job.ts';
import type { OperatorStatus, StoredJob } from '../multigrid/object/job-object.ts';
import { formatJob, parseJob } from '../multigrid/object/job-text.ts';
import {
  ForeignFieldError,
  JobConflictError,
  JobFileError,
  JobFileExistsError,
  JobFileMissingError,
} from '../multigrid/object/object-errors.ts';
import { LockLostError } from './lock-errors.ts';
import { Silence } from './silence.ts';
import type { Progress } from '../multigrid/progress.ts';

export const JOB_FILE_NAME = 'job.yaml';

/** A change of one writer to its own part of the object. Keys left out stay, `null` takes a key away. */
export type JobPatch =
  | { readonly writer: 'user'; readonly spec: unknown }
  | {
      readonly writer: 'operator';
      readonly status: { readonly [Key in keyof OperatorStatus]: OperatorStatus[Key] | null };
    }
  | { readonly writer: 'trainer'; readonly status: { readonly progress: Progress } };

export interface PatchOptions {
  /** Refuse when the object is not of this version any more. Any version when left out. */
  readonly resourceVersion?: string | undefined;
  /** How long to wait for the writers before this one; each takes milliseconds. @defaultValue 30000 */
  readonly lockTimeoutMs?: number;
}

export class JobFile {
  readonly folder: string;
  readonly path: string;
  readonly #effects: JobFileEffects;
  /** Of whoever holds the lock: one wait alone may be too short to tell that its owner is dead. */
  readonly #silence = new Silence(LOCKS.objectStaleMs);
  /** Of the folder that the file was seen in. */
  #folderIno: number | null = null;
  /** The newest version seen: one change is read by several parties, and parsing is what costs. */
  #seen: { readonly text: string; readonly job: StoredJob } | null = null;

  /** @param folder - the run folder; the file is its job.yaml. */
  constructor(folder: string, effects: JobFileEffects) {
    this.folder = folder;
    this.path = `${folder}/${JOB_FILE_NAME}`;
    this.#effects = effects;
  }

  /**
   * @throws JobFileMissingError when there is none.
   * @throws JobFileError when it cannot be read, its folder is away with the disk that it is on, or it is no sound job.
   */
  async read(): Promise<StoredJob> {
    // When it is missing it is looked for again, since the disk may have come back between the looks at file and folder.
    const text = (await this.#text()) ?? (await this.#text());
    if (text === null) {
      throw new JobFileMissingError(this.path);
    }
    this.#folderIno ??= await this.#inodeOfFolder();
    if (this.#seen?.text !== text) {
      this.#seen = { text, job: parseJob(text, this.path) };
    }
    return this.#seen.job;
  }

  /**
   * Writes a new object, version 1.
   *
   * @throws JobFileExistsError when there is one already.
   */
  async create(job: StoredJob): Promise<StoredJob> {
    return this.#locked(LOCKS.objectWaitMs, async () => {
      const created = {
        ...job,
        metadata: { ...job.metadata, generation: 1, resourceVersion: '1' },
      };
      if ((await this.#signature()) !== null || !(await this.#replace(created, null))) {
        throw new JobFileExistsError(this.path);
      }
      return created;
    });
  }

  /**
   * Applies a change to the newest version and answers with the result. A change that changes nothing writes nothing.
   *
   * @throws JobConflictError when `options.resourceVersion` is not the newest one.
   * @throws ForeignFieldError when the patch touches another writer's field.
   * @throws LockTimeoutError when another process keeps the file locked.
   */
  async patch(patch: JobPatch, options: PatchOptions = {}): Promise<StoredJob> {
    this.#assertOwnFields(patch);
    return this.#locked(options.lockTimeoutMs ?? LOCKS.objectWaitMs, async () => {
      for (;;) {
        const written = await this.#tryPatch(patch, options.resourceVersion);
        if (written !== null) {
          return written;
        }
      }
    });
  }

  /** One attempt under the lock; null when a person changed or removed the file meanwhile. */
  async #tryPatch(patch: JobPatch, resourceVersion: string | undefined): Promise<StoredJob | null> {
    const before = await this.#signature();
    const current = await this.read();
    const version = current.metadata.resourceVersion ?? '0';
    if (resourceVersion !== undefined && resourceVersion !== version) {
      throw new JobConflictError(this.path, resourceVersion, version);
    }
    const changed = applyPatch(current, patch);
    if (isSame(current, changed)) {
      return current;
    }
    const next = {
      ...changed,
      metadata: { ...changed.metadata, resourceVersion: String(Number(version) + 1) },
    };
    return (await this.#replace(next, before)) ? next : null;
  }

  /** Null when there is no such file in the folder that it was in. */
  async #text(): Promise<string | null> {
    try {
      return await this.#effects.fs.readFile(this.path, 'utf8');
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) {
        throw new JobFileError(this.path, 'cannot be read', { cause: error });
      }
      if (this.#folderIno !== null && (await this.#inodeOfFolder()) !== this.#folderIno) {
        const what =
          'its folder has disappeared; if its disk is unavailable, the run continues once it is back';
        throw new JobFileError(this.path, what, { cause: error });
      }
      return null;
    }
  }

  /** Tells the folder from an empty one that a mount has left in its place; null: it cannot be seen. */
  async #inodeOfFolder(): Promise<number | null> {
    try {
      return (await this.#effects.fs.stat(this.folder)).ino;
    } catch {
      // Whoever asked has an error already, or will look again.
      return null;
    }
  }

  /** What tells the file's present version from others; null when there is none. */
  async #signature(): Promise<FileSignature | null> {
    try {
      return await this.#effects.fs.stat(this.path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) {
        return null;
      }
      throw error;
    }
  }

  async #locked<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(`${this.path}.lock`, this.#effects, {
      timeoutMs,
      staleAfterMs: LOCKS.objectStaleMs,
      silence: this.#silence,
    });
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // What cannot be given back now is taken again later; the first error is the one that tells.
      await lock.release().catch(() => undefined);
      throw error;
    }
    if ((await lock.release()) !== 'released') {
      throw new JobFileError(this.path, 'its lock disappeared while it was held; try again');
    }
    return result;
  }

  /**
   * Puts a new version in the place of the version `before`; false when that one is not there any more. Only called
   * under the lock, so one temporary name is enough; a file that was left there may be one that a frozen writer still
   * has open, so it is made anew and not written into.
   *
   * @throws LockLostError when others took the lock meanwhile, and with it that name.
   */
  async #replace(job: StoredJob, before: FileSignature | null): Promise<boolean> {
    const temporary = `${this.path}.tmp`;
    try {
      const { ino } = await this.#writeNew(temporary, formatJob(job));
      if (signatureNow(temporary, this.#effects.instant)?.ino !== ino) {
        throw new LockLostError(`${this.path}.lock`);
      }
      return this.#takePlace(temporary, before);
    } catch (error) {
      if (error instanceof LockLostError) {
        throw error;
      }
      throw new JobFileError(this.path, 'cannot be written; is the disk full or read-only?', {
        cause: error,
      });
    }
  }

  async #writeNew(path: string, text: string): Promise<FileSignature> {
    const { fs } = this.#effects;
    await fs.unlink(path).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) {
        throw error;
      }
    });
    const file = await fs.open(path, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
      return await file.stat();
    } finally {
      await file.close();
    }
  }

  /**
   * Looks and renames in one go. Reaching the disk can take a second, and even one turn of the event loop between the
   * two is long enough, on a busy machine, to write over what a person has just saved: one write in fifty did under an
   * editor that saved all the time, one in three hundred does now. Closing the gap wholly would take a lock that
   * editors do not know.
   */
  #takePlace(temporary: string, before: FileSignature | null): boolean {
    const { instant } = this.#effects;
    if (!isSameVersion(before, signatureNow(this.path, instant))) {
      return false;
    }
    instant.renameSync(temporary, this.path);
    return true;
  }

  #assertOwnFields(patch: JobPatch): void {
    if (patch.writer === 'user') {
      return;
    }
    for (const field of Object.keys(patch.status)) {
      if ((field === 'progress') !== (patch.writer === 'trainer')) {
        throw new ForeignFieldError(this.path, patch.writer, `status.${field}`);
      }
    }
  }
}

function applyPatch(current: StoredJob, patch: JobPatch): StoredJob {
  if (patch.writer === 'user') {
    const generation = (current.metadata.generation ?? 1) + (isSame(current.spec, patch.spec) ? 0 : 1);
    return { ...current, spec: patch.spec, metadata: { ...current.metadata, generation } };
  }
  return { ...current, status: withoutNulls({ ...current.status, ...patch.status }) };
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

function withoutNulls(status: Nullable<JobStatus>): JobStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null));
}

function signatureNow(path: string, instant: InstantFileSystem): FileSignature | null {
  try {
    return instant.statSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

function isSameVersion(left: FileSignature | null, right: FileSignature | null): boolean {
  if (left === null || right === null) {
    return left === right;
  }
  return left.ino === right.ino && left.mtimeMs === right.mtimeMs && left.size === right.size;
}

/** Both come from YAML or go into it, so their texts are alike exactly when they are. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
