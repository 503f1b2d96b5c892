/**
 * Checkpoints on disk: `checkpoints/iteration-00000832.safetensors` with a small `.json` beside it that carries the
 * file's hash. The JSON is renamed into place last, so a checkpoint exists only once it is whole. The loop writes here;
 * a resume reads the newest one that is valid and says which it had to pass over.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../../storage/error-code.ts';
import {
  type Adoption,
  type JobIdentity,
  jobInWords,
  mayTakeUp,
} from '../../../multigrid/object/job-identity.ts';
import type { CheckpointReference } from '../../../multigrid/progress.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type StoredCheckpoint } from './checkpoint.ts';
import { CHECKPOINT_FOLDER, CHECKPOINT_MANIFEST, OutputOfAnotherJobError } from './output-owner.ts';

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

export class CheckpointStore {
  readonly #folder: string;
  readonly #keep: number;
  readonly #owner: CheckpointOwner | null;

  /**
   * @param outputDir - the run's output folder; checkpoints lie in its `checkpoints/`.
   * @param keep - how many of the newest to keep, at least 1.
   * @param owner - null: for a look at checkpoints, whosever they are.
   */
  constructor(outputDir: string, keep: number, owner: CheckpointOwner | null = null) {
    this.#owner = owner;
    this.#folder = join(outputDir, CHECKPOINT_FOLDER);
    this.#keep = Math.max(1, keep);
  }

  /**
   * Writes a checkpoint and removes the oldest ones over the limit.
   *
   * @throws CheckpointWriteError with what the disk said; nothing half-written stays behind.
   */
  async write(checkpoint: Checkpoint): Promise<CheckpointReference & { readonly bytes: number }> {
    const { iteration, epoch } = checkpoint.place;
    const stem = `iteration-${String(iteration).padStart(8, '0')}`;
    const job = this.#owner?.job ?? null;
    const bytes = encodeCheckpoint(checkpoint, job);
    const manifest = JSON.stringify({
      file: `${stem}.safetensors`,
      sha256: sha256(bytes),
      ...checkpoint.place,
      job,
    });
    try {
      await mkdir(this.#folder, { recursive: true });
      await this.#place(`${stem}.safetensors`, bytes);
      await this.#place(`${stem}.json`, new TextEncoder().encode(`${manifest}\n`));
      await this.#removeOld(iteration);
    } catch (cause) {
      throw new CheckpointWriteError(
        `the checkpoint of iteration ${iteration} could not be written to ${this.#folder} (${describe(cause)}); ` +
          'earlier checkpoints are untouched: make room or choose another --output, then start again with --resume',
        { cause },
      );
    }
    return { path: `${CHECKPOINT_FOLDER}/${stem}.safetensors`, iteration, epoch, bytes: bytes.length };
  }

  /**
   * The newest checkpoint that is whole and ours, or null when there is none at all. One that does not say whose it is, of an
   * earlier version, is ours: the folder is.
   *
   * @throws CheckpointReadError when checkpoints exist but every one is damaged; OutputOfAnotherJobError when every whole one
   *   is another job's.
   */
  async newest(): Promise<FoundCheckpoint | null> {
    const iterations = await this.#iterations();
    const skipped: SkippedCheckpoint[] = [];
    let foreign: JobIdentity | null = null;
    for (const iteration of iterations.toReversed()) {
      const stem = `iteration-${String(iteration).padStart(8, '0')}`;
      const path = `${CHECKPOINT_FOLDER}/${stem}.safetensors`;
      try {
        const checkpoint = await this.#read(stem);
        if (this.#isForeign(checkpoint.job)) {
          foreign = checkpoint.job;
          skipped.push({ path, reason: `it is of job ${jobInWords(checkpoint.job)}` });
          continue;
        }
        return { reference: { path, iteration, epoch: checkpoint.place.epoch }, checkpoint, skipped };
      } catch (error) {
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

  async #read(stem: string): Promise<StoredCheckpoint> {
    const manifest: unknown = JSON.parse(await readFile(join(this.#folder, `${stem}.json`), 'utf8'));
    const bytes = await readFile(join(this.#folder, `${stem}.safetensors`));
    const expected =
      typeof manifest === 'object' && manifest !== null && 'sha256' in manifest ? manifest.sha256 : null;
    if (sha256(bytes) !== expected) {
      throw new CheckpointReadError('its hash is not the one it was written with');
    }
    return decodeCheckpoint(bytes);
  }

  async #place(fileName: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.#folder, fileName);
    const temporary = `${target}.part`;
    try {
      const handle = await open(temporary, 'w');
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    const folder = await open(this.#folder, 'r');
    try {
      // A rename is only on disk once its folder is.
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Of those up to the one just written: newer ones are another job's, or of a course that is not followed any more. */
  async #removeOld(written: number): Promise<void> {
    const iterations = (await this.#iterations()).filter((iteration) => iteration <= written);
    for (const iteration of iterations.slice(0, -this.#keep)) {
      const stem = join(this.#folder, `iteration-${String(iteration).padStart(8, '0')}`);
      await rm(`${stem}.json`, { force: true });
      await rm(`${stem}.safetensors`, { force: true });
    }
  }

  async #iterations(): Promise<number[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) {
        return [];
      }
      throw error;
    });
    return names
      .map((name) => CHECKPOINT_MANIFEST.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function describe(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
