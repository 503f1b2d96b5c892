/**
 * Checkpoints on disk: `checkpoints/iteration-00000832.safetensors` with a small `.json` beside it that carries the
 * file's hash. The JSON is renamed into place last, so a checkpoint exists only once it is whole. The loop writes here;
 * a resume reads the newest one that is valid and says which it had to pass over.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FOLDER, CHECKPOINT_MANIFEST } from '../../../multigrid/contract/checkpoint-names.ts';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { valueAt } from '../../../multigrid/json/fields.ts';
import {
  type Adoption,
  type JobIdentity,
  jobInWords,
  mayTakeUp,
} from '../../../multigrid/object/job-identity.ts';
import type { CheckpointReference } from '../../../multigrid/progress.ts';
import { makeFolder } from '../../../storage/make-folder.ts';
import { type FileWork, ONCE, StorageUnavailableError } from '../../../storage/patience.ts';
import { isMissing, systemErrorName, troubleOf } from '../../../storage/trouble.ts';
import { UNFINISHED, writeWholeFile } from '../../../storage/whole-file.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type StoredCheckpoint } from './checkpoint.ts';
import { OutputOfAnotherJobError } from './output-owner.ts';
import { sha256Hex } from '../../../storage/sha256.ts';

/** The disk refused a checkpoint (full, read-only, gone). Older checkpoints are untouched. */
export class CheckpointWriteError extends Error {
  override readonly name = 'CheckpointWriteError';
}

/** Every checkpoint in the folder is damaged, or belongs to another plan. */
export class CheckpointReadError extends Error {
  override readonly name = 'CheckpointReadError';
}

/** Whose checkpoints are written, and whose may be gone on with. */
export interface CheckpointOwner {
  readonly job: JobIdentity;
  readonly adopt: Adoption;
}

/** A checkpoint that could not be used, and why. */
export interface SkippedCheckpoint {
  readonly path: string;
  readonly reason: string;
}

export interface FoundCheckpoint {
  readonly reference: CheckpointReference;
  readonly checkpoint: Checkpoint;
  /** Newer ones that were damaged, or another job's. */
  readonly skipped: readonly SkippedCheckpoint[];
}

export interface CheckpointStoreOptions {
  /** Waits for a disk that is in trouble. @default nobody waits */
  readonly patience?: FileWork;
  /** Passes the time between two looks at a file that seems to be damaged. @default none passes */
  readonly beforeSecondLook?: () => Promise<void>;
  /** Told of what went wrong and does not matter. */
  readonly onWarning?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const TENSORS = /^iteration-(\d{8})\.safetensors$/;
const FULL = ['ENOSPC', 'EDQUOT'];

export class CheckpointStore {
  readonly #outputDir: string;
  readonly #folder: string;
  readonly #keep: number;
  readonly #owner: CheckpointOwner | null;
  readonly #patience: FileWork;
  readonly #beforeSecondLook: () => Promise<void>;
  readonly #onWarning: NonNullable<CheckpointStoreOptions['onWarning']>;
  #hasWarned = false;

  /**
   * @param outputDir - the run's output folder; checkpoints lie in its `checkpoints/`.
   * @param keep - how many of the newest to keep, at least 1.
   * @param owner - null: for a look at checkpoints, whosever they are.
   */
  constructor(
    outputDir: string,
    keep: number,
    owner: CheckpointOwner | null = null,
    options: CheckpointStoreOptions = {},
  ) {
    this.#owner = owner;
    this.#outputDir = outputDir;
    this.#patience = options.patience ?? ONCE;
    this.#beforeSecondLook = options.beforeSecondLook ?? (() => Promise.resolve());
    this.#onWarning = options.onWarning ?? (() => undefined);
    this.#folder = join(outputDir, CHECKPOINT_FOLDER);
    this.#keep = Math.max(1, keep);
  }

  /**
   * Writes a checkpoint, then removes the oldest ones over the limit and what killed writes have left.
   *
   * @throws CheckpointWriteError with what the disk said; nothing half-written stays behind. StorageUnavailableError when
   *   the run is being stopped and the disk does not come back in time.
   */
  async write(checkpoint: Checkpoint): Promise<CheckpointReference & { readonly bytes: number }> {
    const { iteration, epoch } = checkpoint.place;
    const stem = stemOf(iteration);
    const job = this.#owner?.job ?? null;
    const bytes = encodeCheckpoint(checkpoint, job);
    const manifest = JSON.stringify({
      file: `${stem}.safetensors`,
      sha256: sha256Hex(bytes),
      ...checkpoint.place,
      job,
    });
    const place = async (): Promise<void> => {
      // Not the folders on the way to it: where the run's folder is gone, its disk is.
      await makeFolder(this.#folder);
      await writeWholeFile(join(this.#folder, `${stem}.safetensors`), bytes);
      await writeWholeFile(join(this.#folder, `${stem}.json`), `${manifest}\n`);
    };
    const work = { doing: 'writing', path: join(this.#folder, `${stem}.safetensors`) };
    try {
      await this.#patience.with(work, () => this.#withRoom(place, iteration));
    } catch (cause) {
      if (cause instanceof StorageUnavailableError) {
        throw cause;
      }
      throw new CheckpointWriteError(
        `the checkpoint of iteration ${iteration} could not be written to ${this.#folder} (${describe(cause)}); ` +
          'earlier checkpoints are untouched: make room or choose another --output, then start again with --resume',
        { cause },
      );
    }
    await this.#tidy(iteration);
    return { path: `${CHECKPOINT_FOLDER}/${stem}.safetensors`, iteration, epoch, bytes: bytes.length };
  }

  /** Removes what killed writes have left. Only for the one trainer that may write here. */
  async removeLeftovers(): Promise<void> {
    await this.#quietly(async () => {
      const names = await this.#names();
      const whole = new Set(names.flatMap((name) => CHECKPOINT_MANIFEST.exec(name)?.[1] ?? []));
      for (const name of names) {
        const digits = TENSORS.exec(name)?.[1];
        if (name.endsWith(UNFINISHED) || (digits !== undefined && !whole.has(digits))) {
          await rm(join(this.#folder, name), { force: true });
        }
      }
    });
  }

  /**
   * The newest checkpoint that is whole and ours, or null when there is none at all. One that does not say whose it is, of an
   * earlier version, is ours: the folder is.
   *
   * @throws CheckpointReadError when checkpoints exist but every one is damaged; OutputOfAnotherJobError when every whole one
   *   is another job's; the file system's error when it does not let one be read.
   */
  async newest(): Promise<FoundCheckpoint | null> {
    // Listed by way of the run's folder: a disk that is away must not look like a run without checkpoints.
    const iterations = await this.#patience.with({ doing: 'listing', path: this.#folder }, async () =>
      (await readdir(this.#outputDir)).includes(CHECKPOINT_FOLDER) ? this.#iterations() : [],
    );
    const skipped: SkippedCheckpoint[] = [];
    let foreign: JobIdentity | null = null;
    for (const iteration of iterations.toReversed()) {
      const stem = stemOf(iteration);
      const path = `${CHECKPOINT_FOLDER}/${stem}.safetensors`;
      try {
        const work = { doing: 'reading', path: join(this.#outputDir, path) };
        const checkpoint = await this.#patience.with(work, () => this.#readTwice(stem));
        if (this.#isForeign(checkpoint.job)) {
          foreign = checkpoint.job;
          skipped.push({ path, reason: `it is of job ${jobInWords(checkpoint.job)}` });
          continue;
        }
        return { reference: { path, iteration, epoch: checkpoint.place.epoch }, checkpoint, skipped };
      } catch (error) {
        if (troubleOf(error) !== null) {
          throw error;
        }
        skipped.push({ path, reason: describe(error) });
      }
    }
    if (foreign !== null && this.#owner !== null) {
      throw new OutputOfAnotherJobError(this.#folder, foreign, this.#owner.job);
    }
    if (skipped.length > 0) {
      const list = skipped.map(({ path, reason }) => `${path}: ${reason}`).join('; ');
      throw new CheckpointReadError(
        `every checkpoint in ${this.#folder} is damaged (${list}); start a new run in another --output`,
      );
    }
    return null;
  }

  #isForeign(job: JobIdentity | null): job is JobIdentity {
    return job !== null && this.#owner !== null && !mayTakeUp(this.#owner.job, job, this.#owner.adopt);
  }

  /** What a network disk remembers of a file can be older than the file, or half of it: damage is only believed twice. */
  async #readTwice(stem: string): Promise<StoredCheckpoint> {
    try {
      return await this.#read(stem);
    } catch (error) {
      if (troubleOf(error) !== null) {
        throw error;
      }
      await this.#beforeSecondLook();
      return this.#read(stem);
    }
  }

  async #read(stem: string): Promise<StoredCheckpoint> {
    const manifest: unknown = JSON.parse(await readFile(join(this.#folder, `${stem}.json`), 'utf8'));
    const bytes = await readFile(join(this.#folder, `${stem}.safetensors`));
    if (sha256Hex(bytes) !== valueAt(manifest, 'sha256')) {
      throw new CheckpointReadError('its hash is not the one it was written with');
    }
    return decodeCheckpoint(bytes);
  }

  /** On a full disk, what is not needed any more goes first; then it is tried once more. */
  async #withRoom(place: () => Promise<void>, iteration: number): Promise<void> {
    try {
      await place();
    } catch (error) {
      if (!FULL.includes(systemErrorName(error) ?? '')) {
        throw error;
      }
      await this.#tidy(iteration);
      await place();
    }
  }

  /**
   * Removes leftovers and old checkpoints of those up to the one just written: newer ones are another job's, or of a course
   * that is not followed any more.
   */
  async #tidy(written: number): Promise<void> {
    await this.removeLeftovers();
    await this.#quietly(async () => {
      const iterations = (await this.#iterations()).filter((iteration) => iteration <= written);
      for (const iteration of iterations.slice(0, -this.#keep)) {
        const stem = join(this.#folder, stemOf(iteration));
        await rm(`${stem}.json`, { force: true });
        await rm(`${stem}.safetensors`, { force: true });
      }
    });
  }

  /** Removing is a courtesy: it never fails a run, and is tried again with the next checkpoint. */
  async #quietly(remove: () => Promise<void>): Promise<void> {
    try {
      await remove();
    } catch (error) {
      if (!this.#hasWarned) {
        this.#hasWarned = true;
        this.#onWarning('old checkpoints cannot be removed', {
          folder: this.#folder,
          error: describe(error),
        });
      }
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (isMissing(error)) {
        return [];
      }
      throw error;
    }
  }

  async #iterations(): Promise<number[]> {
    const names = await this.#names();
    return names
      .map((name) => CHECKPOINT_MANIFEST.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }
}

function stemOf(iteration: number): string {
  return `iteration-${String(iteration).padStart(8, '0')}`;
}

function describe(error: unknown): string {
  return messageOf(error);
}
