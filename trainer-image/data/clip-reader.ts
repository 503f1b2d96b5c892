/**
 * One clip, for certain. In comes a job, out comes its clip or the failure of its video. What only the disk is to blame for
 * is waited for and tried again; a video counts as bad when its folder can be listed and a second look, a while later,
 * finds the same. So a disk that stumbles changes no batch: it gives what it would have given on a calm day.
 */
import { opendir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { type Patience, SECOND_LOOK_MS } from '../../storage/patience.ts';
import { DiskError, isMissing, troubleOf } from '../../storage/trouble.ts';
import type { ClipDecoder, ClipJob, ClipOutcome } from './decode/clip-decoder.ts';

type SureOutcome = Exclude<ClipOutcome, { readonly kind: 'diskError' }>;

/** A file that shows something else at each look is bad too. */
const MOST_LOOKS = 5;

/** The disk does not let a video be read, and will not before somebody acts. */
export class VideoRefusedError extends Error {
  override readonly name = 'VideoRefusedError';

  constructor(path: string, cause: unknown) {
    super(`${path} may not be read: ${messageOf(cause)}`, { cause });
  }
}

export interface ClipReaderParts {
  readonly decoder: ClipDecoder;
  readonly patience: Patience;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class ClipReader {
  readonly #parts: ClipReaderParts;
  /** Videos and reasons that two looks agreed on. */
  readonly #confirmed = new Set<string>();

  constructor(parts: ClipReaderParts) {
    this.#parts = parts;
  }

  /**
   * @throws {@link VideoRefusedError}; DecoderStartError; the signal's reason when it aborts while there is trouble.
   */
  async read(job: ClipJob): Promise<SureOutcome> {
    let outcome = await this.#look(job);
    for (let looks = 1; outcome.kind === 'failed' && looks < MOST_LOOKS; looks += 1) {
      const finding = `${outcome.reason} ${job.path}`;
      if (this.#confirmed.has(finding)) {
        break;
      }
      await this.#pause(job);
      await this.#listFolder(job);
      outcome = await this.#look(job);
      if (outcome.kind === 'failed' && `${outcome.reason} ${job.path}` === finding) {
        this.#confirmed.add(finding);
      }
    }
    return outcome;
  }

  /** One look, which takes as long as the disk is in trouble. */
  async #look(job: ClipJob): Promise<SureOutcome> {
    const { decoder, patience } = this.#parts;
    const { path, signal } = job;
    try {
      return await patience.with(
        // A clip may wait long for its decoder, which watches over its own silence.
        { doing: 'reading', path, isQueued: true },
        async () => {
          const outcome = await decoder.decode(job);
          if (outcome.kind === 'diskError') {
            throw new DiskError(outcome.code, outcome.message);
          }
          return outcome;
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof DiskError)) {
        throw error;
      }
      if (troubleOf(error) === 'lasting') {
        throw new VideoRefusedError(path, error);
      }
      return { kind: 'failed', reason: 'UNREADABLE', message: error.message };
    }
  }

  /** A folder that cannot be listed says nothing of its files; one that is not there says enough. */
  async #listFolder({ path, signal }: ClipJob): Promise<void> {
    const list = async (): Promise<void> => {
      const folder = await opendir(dirname(path));
      try {
        await folder.read();
      } finally {
        await folder.close();
      }
    };
    try {
      await this.#parts.patience.with({ doing: 'listing the folder of', path }, list, signal);
    } catch (error) {
      if (troubleOf(error) === 'lasting') {
        throw new VideoRefusedError(path, error);
      }
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  async #pause({ signal }: ClipJob): Promise<void> {
    try {
      await this.#parts.sleep(SECOND_LOOK_MS, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}
