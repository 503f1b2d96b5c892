/**
 * The writer of metrics.jsonl. Events come in from the training loop, which never waits for the disk; a write gathers
 * what arrived during the write before it. `flush` puts everything on the disk for good: the trainer calls it with every
 * checkpoint, so that a resumed run can cut the log back to exactly that point with `truncateAfter`.
 */
import { createWriteStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { RunEvent } from './events.ts';
import { readLoggedEvents } from './metrics-reader.ts';
import { isMissingFile } from '../../storage/missing-file.ts';

/** The log could not be written (disk full, folder gone). Training can go on, its curves cannot: the trainer decides. */
export class MetricsWriteError extends Error {
  override readonly name = 'MetricsWriteError';
}

export class MetricsLog {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #onEvent: (event: RunEvent) => void;
  #pending: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #failure: MetricsWriteError | null = null;

  private constructor(path: string, file: FileHandle, onEvent: (event: RunEvent) => void) {
    this.#path = path;
    this.#file = file;
    this.#onEvent = onEvent;
  }

  /**
   * Opens a log for appending; a new file is made when there is none.
   *
   * @param onEvent - told of every event that is appended
   */
  static async open(path: string, onEvent: (event: RunEvent) => void = () => undefined): Promise<MetricsLog> {
    return new MetricsLog(path, await open(path, 'a'), onEvent);
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
   * @throws MetricsWriteError when a write or the sync failed.
   */
  async flush(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
    try {
      await this.#file.datasync();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Flushes and closes the file, which is closed even when the flush fails. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const lines = this.#pending;
        this.#pending = [];
        await this.#file.appendFile(lines.join(''));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #fail(cause: unknown): MetricsWriteError {
    this.#failure ??= new MetricsWriteError(
      `${this.#path} cannot be written. Free space on its disk, then go on with --resume.`,
      { cause },
    );
    return this.#failure;
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
  const temporary = `${path}.tmp`;
  const counts = { kept: 0, dropped: 0 };
  try {
    await pipeline(keptLines(path, iterationsDone, counts), createWriteStream(temporary, { flush: true }));
  } catch (error) {
    await rm(temporary, { force: true });
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
