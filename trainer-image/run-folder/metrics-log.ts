/**
 * The writer of metrics.jsonl. Events come in from the training loop, which never waits for the disk; a write gathers
 * what arrived during the write before it. `flush` puts everything on the disk for good: the trainer calls it with every
 * checkpoint, so that a resumed run can cut the log back to exactly that point with `truncateAfter`. What is not on the
 * disk for good is kept, and written again at its place when the disk was in trouble: a file system may have dropped what
 * it had taken before.
 */
import { constants, createWriteStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { isMissingFile } from '../../storage/missing-file.ts';
import { type FileWork, ONCE, StorageUnavailableError } from '../../storage/patience.ts';
import { DiskError } from '../../storage/trouble.ts';
import { UNFINISHED } from '../../storage/whole-file.ts';
import type { RunEvent } from './events.ts';
import { readLoggedEvents } from './metrics-reader.ts';

/** The log could not be written (disk full, folder gone). Training can go on, its curves cannot: the trainer decides. */
export class MetricsWriteError extends Error {
  override readonly name = 'MetricsWriteError';
}

export interface MetricsLogOptions {
  /** Told of every event that is appended. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Waits for a disk that is in trouble. @default nobody waits */
  readonly patience?: FileWork;
}

/** More than that is brought onto the disk for good without being asked, so that little has to be kept. */
const MOST_KEPT_BYTES = 2 ** 20;

/** How long closing may wait for a disk, milliseconds. */
const CLOSING_MS = 30_000;

export class MetricsLog {
  readonly #path: string;
  readonly #onEvent: (event: RunEvent) => void;
  readonly #patience: FileWork;
  #file: FileHandle | null;
  /** Bytes that are on the disk for good. */
  #durableBytes: number;
  /** What follows them, and how much of it the file system has taken. */
  #kept: Buffer = Buffer.alloc(0);
  #takenBytes = 0;
  #pending: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #failure: Error | null = null;

  private constructor(path: string, file: FileHandle, bytes: number, options: MetricsLogOptions) {
    this.#path = path;
    this.#file = file;
    this.#durableBytes = bytes;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#patience = options.patience ?? ONCE;
  }

  /** Opens a log for appending; a new file is made when there is none. */
  static async open(path: string, options: MetricsLogOptions = {}): Promise<MetricsLog> {
    const { patience = ONCE } = options;
    return patience.with({ doing: 'opening', path }, async () => {
      const file = await open(path, constants.O_RDWR | constants.O_CREAT);
      return new MetricsLog(path, file, (await file.stat()).size, options);
    });
  }

  /**
   * Adds one event. Returns at once; the write happens behind the caller's back.
   *
   * @throws MetricsWriteError when an earlier write failed.
   */
  append(event: RunEvent): void {
    this.#throwFailure();
    this.#onEvent(event);
    this.#pending.push(`${JSON.stringify(event)}\n`);
    if (!this.#isWriting) {
      this.#isWriting = true;
      this.#writing = this.#drain();
    }
  }

  /**
   * Waits until every appended event survives a power cut.
   *
   * @param limitMs - how long to wait for a disk in trouble, milliseconds
   * @throws MetricsWriteError when a write or the sync failed; StorageUnavailableError when the time is over.
   */
  async flush(limitMs?: number): Promise<void> {
    await this.#writing;
    this.#throwFailure();
    this.#isWriting = true;
    this.#writing = this.#drain({ isSync: true, limitMs });
    await this.#writing;
    this.#throwFailure();
  }

  /** Flushes and closes the file, which is closed even when the flush fails. */
  async close(): Promise<void> {
    try {
      await this.flush(CLOSING_MS);
    } finally {
      await this.#letGo();
    }
  }

  async #drain({
    isSync = false,
    limitMs,
  }: { isSync?: boolean; limitMs?: number | undefined } = {}): Promise<void> {
    const work = { doing: 'writing', path: this.#path, limitMs };
    try {
      let isDue = isSync;
      do {
        this.#kept = Buffer.concat([this.#kept, Buffer.from(this.#pending.join(''))]);
        this.#pending = [];
        const isForGood = isDue || this.#kept.length > MOST_KEPT_BYTES;
        await this.#patience.with(work, () => this.#write(isForGood));
        isDue = false;
      } while (this.#pending.length > 0);
    } catch (error) {
      this.#failure ??= error instanceof StorageUnavailableError ? error : this.#failed(error);
    } finally {
      this.#isWriting = false;
    }
  }

  /** Writes what is kept; done again from its beginning when anything fails. */
  async #write(isForGood: boolean): Promise<void> {
    try {
      this.#file ??= await this.#reopen();
      while (this.#takenBytes < this.#kept.length) {
        const at = this.#durableBytes + this.#takenBytes;
        const { bytesWritten } = await this.#file.write(this.#kept, this.#takenBytes, undefined, at);
        this.#takenBytes += bytesWritten;
      }
      if (isForGood) {
        await this.#file.datasync();
        this.#durableBytes += this.#takenBytes;
        this.#kept = Buffer.alloc(0);
        this.#takenBytes = 0;
      }
    } catch (error) {
      await this.#letGo().catch(() => undefined);
      throw error;
    }
  }

  async #reopen(): Promise<FileHandle> {
    const file = await open(this.#path, constants.O_RDWR);
    if ((await file.stat()).size < this.#durableBytes) {
      await file.close();
      throw new DiskError('ESTALE', `${this.#path} is shorter than it was`);
    }
    return file;
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#takenBytes = 0;
    await file?.close();
  }

  #failed(cause: unknown): MetricsWriteError {
    return new MetricsWriteError(
      `${this.#path} cannot be written (${messageOf(cause)}). ` +
        'Free space on its disk, then continue with --resume.',
      { cause },
    );
  }

  #throwFailure(): void {
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }
}

/**
 * Cuts a log back to the state of a checkpoint: everything that happened after `iterationsDone` iterations goes, and so
 * does a last line torn by a kill. The new file takes the old one's place in one rename; a log that is not there is fine.
 *
 * @returns How many events were kept and dropped.
 * @throws MetricsLogError when a line in the middle is no event.
 */
export async function truncateAfter(
  path: string,
  iterationsDone: number,
): Promise<{ readonly kept: number; readonly dropped: number }> {
  const temporary = `${path}${UNFINISHED}`;
  const counts = { kept: 0, dropped: 0 };
  try {
    await pipeline(keptLines(path, iterationsDone, counts), createWriteStream(temporary, { flush: true }));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (isMissingFile(error)) {
      return counts;
    }
    throw error;
  }
  await rename(temporary, path);
  return counts;
}

async function* keptLines(
  path: string,
  iterationsDone: number,
  counts: { kept: number; dropped: number },
): AsyncGenerator<string> {
  for await (const { line, event } of readLoggedEvents(path)) {
    if (happenedBy(event, iterationsDone)) {
      counts.kept += 1;
      yield `${line}\n`;
    } else {
      counts.dropped += 1;
    }
  }
}

/** Steps, phase starts and bad clips carry the iteration they belong to; evaluations and checkpoints the count before. */
function happenedBy(event: RunEvent, iterationsDone: number): boolean {
  const countsDone = event.kind === 'evaluation' || event.kind === 'checkpoint';
  return countsDone ? event.iteration <= iterationsDone : event.iteration < iterationsDone;
}
